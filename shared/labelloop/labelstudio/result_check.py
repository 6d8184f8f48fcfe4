"""What Label Studio would do wrong with a predicted result, before it is shown to anybody.

Label Studio checks hardly anything itself. A value of a wrong type replaces the task by an error
box, and its annotator then submits an empty result; an unknown item of a ranking leaves a blank
page; other mistakes show nothing and are saved as labels all the same. Measured on 1.23.2.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.result_spans import check_labels, check_place, target_of
from labelloop.labelstudio.result_values import CHECKS, ERROR_BOX, is_number
from labelloop.labelstudio.visibility import RegionCondition, conditions, region_conditions

type Region = Mapping[str, Any]

_WANTED: Final = ("from_name", "to_name", "type")


def problems(config: LabelConfig, data: Any, result: Any, *, is_pushed: bool = False) -> list[str]:
    """Return what would go wrong with a result; empty if it is shown and saved as it is meant.

    `data`: the task's data, None if it is unknown: what depends on it is not checked then.
    `is_pushed`: whether it goes through the import of predictions, which refuses some that an
    answer to a prediction request may have.
    """
    if not isinstance(result, list) or not all(isinstance(one, Mapping) for one in result):
        return ["it is no list of regions"]
    controls = _controls(config)
    regions = [one for one in result if one.get("type") != "relation"]
    wrong = []
    for place, region in enumerate(regions):
        found = list(_region(region, controls, config, data, is_pushed))
        wrong += [f"region {place + 1}: {one}" for one in found]
    if not wrong:
        wrong += [*_together(regions, controls, config), *_hidden(regions, config)]
    return wrong


@lru_cache(maxsize=16)
def _controls(config: LabelConfig) -> Mapping[str, Tag]:
    return {tag.attributes.get("name", ""): tag for tag in config.root.walk() if _answers(tag)}


def _answers(tag: Tag) -> bool:
    """Say whether people answer a tag: a few kinds do without `toName`."""
    return tag.is_control or tag.kind in CHECKS


def _region(
    region: Region, controls: Mapping[str, Tag], config: LabelConfig, data: Any, is_pushed: bool
) -> Iterator[str]:
    if missing := next((name for name in _WANTED if not isinstance(region.get(name), str)), None):
        yield f"it has no {missing}" + (f": {ERROR_BOX}" if missing == "type" else "")
        return
    control, value = controls.get(region["from_name"]), region.get("value")
    if control is None:
        yield f"there is no control {region['from_name']!r}"
        return
    if region["type"] != control.kind:
        yield f"its type is {region['type']!r}, and the control's {control.kind!r}"
        return
    if not isinstance(value, Mapping):
        yield f"its value is no object: {ERROR_BOX}"
        return
    if not is_number(region.get("score", 0)):
        yield f"its score {region.get('score')!r} is no number"
    if not isinstance(region.get("id", ""), str):
        yield f"its id {region.get('id')!r} is no text"
    yield from _about(region, control, config)
    if is_pushed:
        yield from _refused(region, control)
    if control.kind in CHECKS:
        yield from CHECKS[control.kind](control, value, data, config)
        return
    target = target_of(config, region)
    if control.kind.endswith("labels"):
        yield from check_labels(control, value)
    if target is not None:
        yield from check_place(control, target, value, data)


def _about(region: Region, control: Tag, config: LabelConfig) -> Iterator[str]:
    """Check the object that a region is about; a pair's answer may name its own control."""
    name, named = region["to_name"], control.attributes.get("toname", "")
    if control.kind == "pairwise" and name == control.attributes.get("name"):
        return
    if target_of(config, region) is None:
        yield f"there is no object {name!r}: it shows nothing"
    elif named and control.kind not in CHECKS and name not in named.split(","):
        yield f"the control is not about {name!r}"


def _refused(region: Region, control: Tag) -> Iterator[str]:
    """Yield what the import of predictions refuses, though the editor shows it."""
    if region["to_name"] not in control.written.get("toName", "").split(","):
        yield f"the import refuses {region['to_name']!r}, which is not in the control's toName"
    choices = region["value"].get("choices")
    if isinstance(choices, list) and any(isinstance(one, list) for one in choices):
        yield "the import refuses nested choices"


def _together(
    regions: list[Region], controls: Mapping[str, Tag], config: LabelConfig
) -> Iterator[str]:
    """Yield what is wrong with regions beside each other: their ids, and repeated answers."""
    whole = [one for one in regions if not _is_by_region(controls[one["from_name"]])]
    ids = Counter(one["id"] for one in whole if one.get("id"))
    yield from (f"the id {id_!r} is of {n} regions: they merge" for id_, n in ids.items() if n > 1)
    answers = Counter(one["from_name"] for one in whole if one["type"] in CHECKS)
    yield from (f"{n} answers to {name!r}: the last wins" for name, n in answers.items() if n > 1)
    by_id = {one["id"]: one for one in whole if one.get("id") and one["type"] not in CHECKS}
    asked = region_conditions(config)
    for one in regions:
        if _is_by_region(controls[one["from_name"]]):
            yield from _of_its_region(one, by_id.get(one.get("id")), asked[one["from_name"]])


def _is_by_region(control: Tag) -> bool:
    return control.asked_of == "region"


def _of_its_region(
    answer: Region, region: Region | None, asked: Sequence[RegionCondition]
) -> Iterator[str]:
    if region is None:
        yield f"an answer to {answer['from_name']!r} has the id of no region: it is lost"
    elif not all(one.is_met(region) for one in asked):
        yield f"{answer['from_name']!r} is not asked of this region: the answer is lost"


def _hidden(regions: list[Region], config: LabelConfig) -> Iterator[str]:
    """Yield the answers to controls that the page hides, as others were answered otherwise."""
    hidden_unless = conditions(config)
    for one in regions:
        if not all(each.is_met(regions) for each in hidden_unless.get(one["from_name"], ())):
            yield f"{one['from_name']!r} is hidden: the answer is lost"
