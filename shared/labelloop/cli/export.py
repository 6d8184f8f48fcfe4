"""What an export of a finished project says: texts, and the label that people gave each.

Imported late: it needs packages that most commands do without.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from labelloop.cli.export_file import read_file
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.errors import Unprocessable
from labelloop.labelstudio.payloads import read_export
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.field_text import FieldText
from labelloop.recipes.text_choices.offered import Offered

_ANY_PROJECT: Final = "1.1000000000"

_ADDRESS: Final = re.compile(r"\s*([a-z][a-z0-9+.-]*:/)?/\S+\s*", re.IGNORECASE)
_OF_PARTS: Final = {"start", "x", "points", "vertices"}  # where a label of a part says where it is

type Control = tuple[str, str]  # a control's name, and the name of what it is about


@dataclass(frozen=True, slots=True)
class Finished:
    """Texts, each of them once, and labels in one order, and where they were found.

    `left_out`: tasks that nobody gave a label of this choice, and those without a text; `repeats`:
    tasks with the text of another one. The commonest of their labels counts.
    """

    texts: list[str]
    labels: list[str]
    choice: str
    field: str
    left_out: int
    repeats: int


def finished(export: Path, text: str = "", choice: str = "") -> Finished:
    """Return what there is to replay in an export; Rejected says what is wrong with it.

    An export has no label config: what is predicted is the choice that is named or that most
    annotations give, and the text is in the field that is named, or that is called as the choice's
    `<Text>` is, or that holds most.
    """
    tasks = read_file(export)
    dataset = fold(Dataset(), [read_export(_ANY_PROJECT, tasks, datetime.now(UTC))])
    _check_ids(task for task in tasks if task["annotations"])
    (name, to_name), offered = _control(dataset, choice)
    field = text or _text_field(dataset, to_name)
    control = TextChoices(name, to_name, FieldText.named(field), Offered.of(offered))
    found = control.examples(dataset)
    rows = [
        (words, label)
        for words, label in zip(found.texts, found.labels, strict=True)
        if words.strip()
    ]
    if not rows:
        keys = sorted({key for task in dataset.tasks.values() for key in task.data})
        raise Unprocessable(f"no task has a text {field!r}; there are: {', '.join(keys[:10])}")
    if not text:
        _check_is_text(field, (words for words, _ in rows))
    texts, labels = _without_repeats(rows)
    there = len({repr(task.get("id")) for task in tasks})
    return Finished(texts, labels, name, field, there - len(rows), len(rows) - len(texts))


def _without_repeats(rows: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return each text once, with the label it got most often.

    A repeat that is labelled would tell the answer to one that is held out.
    """
    texts: dict[str, str] = {}
    given: dict[str, Counter[str]] = defaultdict(Counter)
    for words, label in rows:
        same = " ".join(words.casefold().split())
        texts.setdefault(same, words)
        given[same][label] += 1
    return list(texts.values()), [labels.most_common(1)[0][0] for labels in given.values()]


def _check_is_text(field: str, texts: Iterable[str]) -> None:
    """Refuse the names of pictures or sounds: a model of text learns nothing from them."""
    are_addresses = [_ADDRESS.fullmatch(text) is not None for text in texts]
    if 2 * sum(are_addresses) > len(are_addresses):
        raise Unprocessable(f"{field!r} holds addresses of files; name a field of text by --text")


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


def _control(dataset: Dataset, wanted: str) -> tuple[Control, tuple[str, ...]]:
    """Return a choice that gives a task one label, and its labels: the one wanted or the commonest.

    Several labels for one task are another kind of labelling: learnt as one they'd mislead.
    """
    given: Counter[Control] = Counter()
    labels: dict[Control, set[str]] = defaultdict(set)
    several: dict[Control, int] = {}
    for annotation in dataset.live_annotations():
        if annotation.skipped:
            continue
        for control, chosen in _chosen(annotation.result).items():
            given[control] += 1
            labels[control].update(chosen)
            if len(chosen) != 1:
                several.setdefault(control, annotation.task)
    if wanted:
        given = Counter({one: n for one, n in given.items() if one[0] == wanted})
    if not given:
        others = ", ".join(sorted({name for name, _ in labels}))
        there = f" {wanted!r}; there are: {others}" if wanted and others else ""
        raise Unprocessable(f"the export holds no labels of a single choice{there}")
    control = given.most_common(1)[0][0]
    if control in several:
        told = f"the choice {control[0]!r} gives task {several[control]} several labels, or parts"
        raise Unprocessable(f"{told} of it: only one label for each task can be replayed")
    return control, tuple(sorted(labels[control]))


def _chosen(result: list[dict[str, Any]]) -> dict[Control, list[str]]:
    """Return what an annotation says by each control; a label of a part of it counts twice."""
    found: dict[Control, list[str]] = defaultdict(list)
    for region in result:
        value = region.get("value")
        choices = value.get("choices") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(choices, list | str):
            continue
        control = str(region.get("from_name")), str(region.get("to_name"))
        given = [choices] if isinstance(choices, str) else choices
        chosen = [one for one in given if isinstance(one, str)]
        found[control] += chosen * (2 if _OF_PARTS & set(value) else 1)
    return {control: chosen for control, chosen in found.items() if chosen}


def _text_field(dataset: Dataset, to_name: str) -> str:
    """Return the field that is called so, else the one with most text; a text counts once."""
    texts: dict[str, set[str]] = defaultdict(set)
    for task in dataset.tasks.values():
        for key, value in task.data.items():
            if isinstance(value, str):
                texts[key].add(value)
    if not texts:
        raise Unprocessable("the tasks hold no text")
    if to_name in texts:
        return to_name
    return max(texts, key=lambda key: sum(map(len, texts[key])))
