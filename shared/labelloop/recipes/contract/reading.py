"""Rules of what a recipe reads: label configs, tasks and annotations; and of its features."""

import json
from typing import Any, Final
from xml.etree.ElementTree import tostring

import numpy as np
from defusedxml.ElementTree import fromstring

from labelloop.domain.columns import Columns, joined
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import uses_images
from labelloop.recipes.contract.case import Case, demand, demand_same
from labelloop.recipes.signature import signature_of
from labelloop.recipes.tuned_to import TUNED

ODD_DATA: Final[tuple[Any, ...]] = (
    *(None, True, 7, "text", [], [[]], {}),
    *({"x": None}, {"text": {"deep": [1]}}),
)
ODD_RESULTS: Final[tuple[list[dict[str, Any]], ...]] = (
    [],
    [{}],
    [{"value": None}],
    [{"value": {"choices": []}, "from_name": 3}],
    [{"type": "relation", "from_id": "a", "to_id": "b"}],
)
_OTHER: Final = "<View><Video name='i' value='$i'/><TimelineLabels name='b' toName='i'/></View>"
_PARTS: Final = {"Choice", "Label", "Bucket"}
_TAKEN: Final = {"tasks", "updated_at", "is_readable", "ids", "counts", "lengths", TUNED}


def its_name_and_format_can_be_stored(case: Case) -> None:
    name, form = case.recipe.name, case.recipe.format
    fits = isinstance(name, str) and name.isascii() and name.isidentifier() and name.islower()
    demand(fits, f"name {name!r}: not lower-case letters, digits and underscores")
    demand(type(form) is int and form >= 1, f"format {form!r}: not a number from 1 on")


def it_reads_its_own_configs_alone(case: Case) -> None:
    other = parse(_OTHER)
    demand(case.control.recipe == case.recipe.name, "Control.recipe is not the recipe's name")
    demand(case.recipe.read(other) is None, f"it reads a config of another kind: {_OTHER}")
    demand(isinstance(case.recipe.why_not(other), str), "why_not gives no text")


def a_control_is_a_value(case: Case) -> None:
    control, again = case.control, case.recipe.read(parse(case.config))
    demand(again is not None and again == control, "of one config it makes controls that differ")
    demand(hash(again) == hash(control), "equal controls have other hashes")
    demand(isinstance(control.sees, str) and isinstance(control.asks, str), "sees or asks: no text")
    demand(again is not None and again.sees == control.sees, "sees differs each time")


def what_is_asked_is_the_same_for_other_parts_and_not_for_another_name(case: Case) -> None:
    root = fromstring(case.config)
    for number, tag in enumerate(list(root.iter())):
        if tag.tag in _PARTS:
            tag.set("value" if "value" in tag.attrib else "name", f"another {number}")
    others = case.recipe.read(parse(tostring(root, "unicode")))
    demand(others is not None, "it does not read the config with parts of other names")
    same = others is not None and signature_of(others) == signature_of(case.control)
    demand(same, "sees or asks is another for other parts")
    for tag in root.iter():
        if "toName" in tag.attrib:
            tag.set("name", f"another {tag.get('name')}")
    renamed = case.recipe.read(parse(tostring(root, "unicode")))
    if renamed is not None and case.learns:  # what reads controls by their names reads none
        differs = signature_of(renamed) != signature_of(case.control)
        demand(differs, "asks is the same for a control of another name")


def people_are_shown_what_is_learnt(case: Case) -> None:
    about = case.control.about()
    keys = {"choice", "text", "labels", "others"}
    demand(isinstance(about, dict) and set(about) == keys, f"about has not the keys {sorted(keys)}")
    _demand_json(about, "about")


def any_data_is_read_or_is_none(case: Case) -> None:
    for data in ODD_DATA:
        one = case.control.input_of(data)
        demand(one is None or _is_json(one), f"input_of({data!r}) gives {one!r:.60}")


def all_tasks_are_read_as_json(case: Case) -> None:
    for row, one in enumerate(case.inputs):
        demand(one is not None, f"input_of gives None for task {row}: {case.tasks[row]!r:.80}")
        _demand_json(one, f"the input of task {row}")
        demand(case.control.work(one) > 0, f"work is not above 0 for task {row}")


def any_result_gives_a_label_or_a_reason(case: Case) -> None:
    for result in ODD_RESULTS:
        reason, _ = case.control.why_unusable(result, True)
        expected, label = case.of_others if result else case.of_nothing, None
        label = case.control.label_of(result)
        demand(label == expected, f"label_of({result}) gives {label!r}, not {expected!r}")
        demand(bool(reason) == (label is None), f"why_unusable({result}): {reason!r}")


def labels_are_json_and_usable(case: Case) -> None:
    for row, (label, result) in enumerate(zip(case.labels, case.results, strict=True)):
        demand(label is not None, f"label_of gives None for annotation {row}: {result!r:.80}")
        _demand_json(label, f"the label of annotation {row}")
        reasons = case.control.why_unusable(result, True)
        demand(tuple(reasons) == ("", ""), f"why_unusable of annotation {row}: {reasons}")
        unread = case.control.why_unusable(result, False)[0]
        demand(unread, "why_unusable gives no reason for a task without an input")


def labels_have_parts_that_are_offered(case: Case) -> None:
    parts = {part for label in case.labels for part in case.control.parts(label)}
    others = sorted(parts - set(case.control.offered))
    demand(not others, f"parts gives {others[:3]}, which are not in offered")


def there_is_a_row_for_each_input(case: Case) -> None:
    rows, seen = len(case.inputs), case.seen
    demand(len(seen) == rows, f"{len(seen)} rows of features for {rows} inputs")
    for name, block in seen.blocks.items():
        demand(len(block) == rows, f"block {name!r} has {len(block)} rows for {rows} inputs")
    none = case.control.features([], case.tools)
    demand(len(none) == 0, f"{len(none)} rows of features for no input")


def features_are_finite_and_can_be_stored(case: Case) -> None:
    bad = sorted(name for name in case.seen.blocks if "." in name or name in _TAKEN)
    demand(not bad, f"a block must not be called {bad[:1]}")
    demand(case.seen.are_finite().all(), "features are not finite, though tools gave no NaN")
    again = Columns.from_arrays(len(case.seen), case.seen.to_arrays())
    demand_same(case.seen, again, "features that were stored")


def a_row_does_not_depend_on_the_others(case: Case) -> None:
    alone = joined([case.control.features([one], case.tools) for one in case.inputs])
    demand_same(alone, case.seen, "features of one task at a time", relative=1e-5, absolute=1e-6)


def only_the_blocks_that_are_wanted_are_computed(case: Case) -> None:
    for name in case.seen.blocks:
        blocks = set(case.control.features(case.inputs[:2], case.tools, {name}).blocks)
        demand(name in blocks, f"features(only={{{name!r}}}) lacks it")


def tasks_are_told_apart_by_unit_vectors_of_some_blocks(case: Case) -> None:
    tools = case.tools
    encoder = tools.image_encoder if uses_images(case.recipe) else tools.encoder
    vectors = case.control.vectors(case.seen.only(case.control.apart(encoder)))
    shape = getattr(vectors, "shape", None)
    fits = shape is not None and len(shape) == 2 and shape[0] == len(case.seen)
    demand(fits, f"vectors have the shape {shape}, not ({len(case.seen)}, dimensions)")
    lengths = np.linalg.norm(vectors, axis=1)
    are_units = ((np.abs(lengths - 1) < 1e-4) | (lengths == 0)).all()
    demand(are_units, "vectors are not of unit length")


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _demand_json(value: Any, what: str) -> None:
    demand(_is_json(value), f"{what} is no JSON value: {value!r:.60}")


RULES: Final = (
    its_name_and_format_can_be_stored,
    it_reads_its_own_configs_alone,
    a_control_is_a_value,
    what_is_asked_is_the_same_for_other_parts_and_not_for_another_name,
    people_are_shown_what_is_learnt,
    any_data_is_read_or_is_none,
    all_tasks_are_read_as_json,
    any_result_gives_a_label_or_a_reason,
    labels_are_json_and_usable,
    labels_have_parts_that_are_offered,
    there_is_a_row_for_each_input,
    features_are_finite_and_can_be_stored,
    a_row_does_not_depend_on_the_others,
    only_the_blocks_that_are_wanted_are_computed,
    tasks_are_told_apart_by_unit_vectors_of_some_blocks,
)
