"""The inputs in an export of a finished project, and the label that annotators gave each.

Imported late: it needs packages that most commands do not need.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from labelloop.cli.export_file import read_file
from labelloop.cli.report import Report
from labelloop.domain.intake.events import canonical
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.domain.ordering.random_share import is_random
from labelloop.errors import Rejected, Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.payloads import read_export
from labelloop.recipes import control_of, installed, recipe_named, why_order_alone
from labelloop.recipes.fetched import FetchedTexts

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control, Recipe, Replayable

_ANY_PROJECT: Final = "1.1000000000"
_LEAST_UNSEEN: Final = 40  # texts, some of which are held out


@dataclass(frozen=True, slots=True)
class Finished:
    """Distinct inputs, their labels in the same order, and the control that the labels are of.

    `left_out`: how many tasks have no label of this control, or no input; `repeats`: how many have
    the same input as another task. Of the labels of one input, the most frequent one counts.
    """

    inputs: list[Any]
    labels: list[Any]
    control: "Control"
    left_out: int
    repeats: int


def label_config_of(path: Path | None) -> str:
    """Return the label config in a file, empty for no file; Rejected if it can't be read."""
    try:
        return path.read_text() if path else ""
    except (OSError, ValueError) as exc:
        raise Rejected(f"{path}: {exc}") from None


def finished(
    export: Path,
    field: str = "",
    control_name: str = "",
    label_config: str = "",
    own: "Recipe | None" = None,
    but_random_of: str = "",
) -> Finished:
    """Return the inputs and labels of an export; Rejected says what is wrong with it.

    Without a label config, the recipes find the control by the annotations. `own`: a recipe of
    one's own to replay with. `but_random_of`: a project's key, whose random share is left out.
    """
    tasks = read_file(export)
    if but_random_of:
        tasks = [task for task in tasks if not is_random(task["id"], but_random_of)]
    dataset = fold(Dataset(), [read_export(_ANY_PROJECT, tasks, datetime.now(UTC))])
    _check_ids(task for task in tasks if task["annotations"])
    if own is not None:
        control = _control_by(own, label_config)
        same = getattr(own, "same", canonical)
    elif label_config:
        if why := why_order_alone(label_config):
            raise Rejected(f"nothing is predicted for this label config: {why}")
        control = control_of(label_config)
        is_fetched = isinstance(control, FetchedTexts)  # its inputs are addresses
        same = canonical if is_fetched else getattr(recipe_named(control.recipe), "same", canonical)
    else:
        recipe, control = _control(dataset, control_name, field)
        same = recipe.same
    examples = examples_of(dataset, control)
    keys = [same(each) for each in examples.inputs]
    rows = [row for row, key in enumerate(keys) if key]
    inputs, labels = _without_repeats(rows, keys, examples)
    count = len({repr(task.get("id")) for task in tasks})
    return Finished(inputs, labels, control, count - len(rows), len(rows) - len(inputs))


def unseen(project: Finished, tuned_to: Collection[str], report: Report) -> Finished:
    """Return a project without the texts that an encoder was tuned to, and say how many these are.

    It knows their labels, so a replay beside it would show far too much. `tuned_to`: see
    `recipes.tuned_to`. Rejected if too few are left to divide.
    """
    from labelloop.recipes.tuned_to import are_tuned

    tuned = are_tuned(project.inputs, tuned_to).tolist()
    if not any(tuned):
        return project
    rows = [row for row, is_tuned in enumerate(tuned) if not is_tuned]
    report.data["tuned_to"] = count = len(tuned) - len(rows)
    what = f"the encoder was tuned to {count} of {len(tuned)} labels"
    if len(rows) < _LEAST_UNSEEN:
        raise Rejected(f"{what}, so it can't be seen what it saves", "label on, and export anew")
    report.say(f"{what}: these are left out")
    inputs, labels = ([every[row] for row in rows] for every in (project.inputs, project.labels))
    return replace(project, inputs=inputs, labels=labels)


def unlabelled(export: Path, project: Finished) -> list[Any]:
    """Return the distinct inputs of an export's tasks without an annotation."""
    known = {canonical(input_) for input_ in project.inputs}
    found = {}
    for task in read_file(export):
        input_ = None if task["annotations"] else project.control.input_of(task["data"])
        if input_ is not None and (key := canonical(input_)) not in known:
            found[key] = input_
    return list(found.values())


def own_recipe(source: str) -> "Recipe":
    """Return a recipe of one's own, out of a file, a package's folder or a module."""
    from labelloop.recipes.guard import Guard, blamed
    from labelloop.recipes.own import load_recipe

    with blamed(source, "its module", (Rejected,)):
        return cast("Recipe", Guard(load_recipe(source), source))


def _control_by(own: "Recipe", label_config: str) -> "Control":
    if not label_config:
        raise Rejected("a recipe of your own reads a label config", "name it by --label-config")
    config = parse(label_config)
    control = own.read(config)
    if control is None:
        raise Rejected(f"the recipe does not read the label config: {own.why_not(config)}")
    return control


def _control(dataset: Dataset, control_name: str, field: str) -> "tuple[Replayable, Control]":
    """Return the first recipe that finds a control of its kind, and that control."""
    reasons = []
    for recipe in installed():
        of_export = getattr(recipe, "of_export", None)
        try:
            control = of_export(dataset, control_name, field) if of_export else None
        except Unprocessable as exc:
            reasons.append(str(exc))
            continue
        if control is not None:
            return recipe, control  # type: ignore[return-value] # it has `of_export`
    raise Unprocessable("; ".join(reasons))


def _without_repeats(
    rows: Iterable[int], keys: Sequence[str], examples: Examples
) -> tuple[list[Any], list[Any]]:
    """Return each input once, and its most frequent label.

    Otherwise an input could be both in the training data and held out.
    """
    inputs: dict[str, Any] = {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    labels = {}
    for row in rows:
        label = canonical(examples.labels[row])
        labels[label] = examples.labels[row]
        inputs.setdefault(keys[row], examples.inputs[row])
        counts[keys[row]][label] += 1
    commonest = [labels[count.most_common(1)[0][0]] for count in counts.values()]
    return list(inputs.values()), commonest


def _check_ids(tasks: Iterable[dict[str, Any]]) -> None:
    """Refuse exports of two projects in one file: an id could then mean two different tasks."""
    data: dict[int, Any] = {}
    task_of: dict[int, int] = {}
    for task in tasks:
        if data.setdefault(task["id"], task["data"]) != task["data"]:
            raise Unprocessable(f"task {task['id']} is there twice, with other data")
        for annotation in task["annotations"]:
            if task_of.setdefault(annotation["id"], task["id"]) != task["id"]:
                raise Unprocessable(f"annotation {annotation['id']} is there of two tasks")
