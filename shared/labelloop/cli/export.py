"""What an export of a finished project says: inputs, and the label that people gave each.

Imported late: it needs packages that most commands do without.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labelloop.cli.export_file import read_file
from labelloop.domain.intake.events import canonical
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.errors import Unprocessable
from labelloop.labelstudio.payloads import read_export
from labelloop.recipes import installed

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control, Replayable

_ANY_PROJECT: Final = "1.1000000000"


@dataclass(frozen=True, slots=True)
class Finished:
    """Inputs, each of them once, and labels in one order, and the control that they are of.

    `left_out`: tasks that nobody gave a label of this control, and those without an input;
    `repeats`: tasks with the input of another one. The commonest of their labels counts.
    """

    inputs: list[Any]
    labels: list[Any]
    control: "Control"
    left_out: int
    repeats: int


def finished(export: Path, field: str = "", control: str = "") -> Finished:
    """Return what there is to replay in an export; Rejected says what is wrong with it.

    An export has no label config: the recipes say which of them it is of, by the annotations.
    """
    tasks = read_file(export)
    dataset = fold(Dataset(), [read_export(_ANY_PROJECT, tasks, datetime.now(UTC))])
    _check_ids(task for task in tasks if task["annotations"])
    recipe, found = _control(dataset, control, field)
    examples = examples_of(dataset, found)
    keys = [recipe.same(one) for one in examples.inputs]
    rows = [row for row, key in enumerate(keys) if key]
    inputs, labels = _without_repeats(rows, keys, examples)
    there = len({repr(task.get("id")) for task in tasks})
    return Finished(inputs, labels, found, there - len(rows), len(rows) - len(inputs))


def _control(dataset: Dataset, control: str, field: str) -> "tuple[Replayable, Control]":
    """Return the first recipe that finds a control of its kind, and that control."""
    reasons = []
    for recipe in installed():
        of_export = getattr(recipe, "of_export", None)
        try:
            found = of_export(dataset, control, field) if of_export else None
        except Unprocessable as exc:
            reasons.append(str(exc))
            continue
        if found is not None:
            return recipe, found  # type: ignore[return-value] # it has `of_export`
    raise Unprocessable("; ".join(reasons))


def _without_repeats(
    rows: Iterable[int], keys: Sequence[str], examples: Examples
) -> tuple[list[Any], list[Any]]:
    """Return each input once, with the label it got most often.

    A repeat that is labelled would tell the answer to one that is held out.
    """
    inputs: dict[str, Any] = {}
    given: dict[str, Counter[str]] = defaultdict(Counter)
    labels = {}
    for row in rows:
        label = canonical(examples.labels[row])
        labels[label] = examples.labels[row]
        inputs.setdefault(keys[row], examples.inputs[row])
        given[keys[row]][label] += 1
    return list(inputs.values()), [labels[some.most_common(1)[0][0]] for some in given.values()]


def _check_ids(tasks: Iterable[dict[str, Any]]) -> None:
    """Refuse exports of two projects in one file: an id would stand for the one or the other."""
    known: dict[int, Any] = {}
    owner: dict[int, int] = {}
    for task in tasks:
        if known.setdefault(task["id"], task["data"]) != task["data"]:
            raise Unprocessable(f"task {task['id']} is there twice, with other data")
        for one in task["annotations"]:
            if owner.setdefault(one["id"], task["id"]) != task["id"]:
                raise Unprocessable(f"annotation {one['id']} is there of two tasks")
