"""The choice and the text that an export is about: it has no label config that says so."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

from labelloop.domain.intake.folding import Dataset
from labelloop.errors import Unprocessable
from labelloop.recipes.text.objects import TextInput
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.offered import Offered

_ADDRESS: Final = re.compile(r"\s*([a-z][a-z0-9+.-]*:/)?/\S+\s*", re.IGNORECASE)
_OF_PARTS: Final = {"start", "x", "points", "vertices"}  # keys of a label of a part of a text

type Names = tuple[str, str]  # of a control, and of what it is about


def exported(dataset: Dataset, wanted: str, text: str) -> TextChoices:
    """Return the choice that is named or that most annotations give; Unprocessable if none can be.

    The text is in the field that is named, or that has the name of the choice's `<Text>`, or that
    holds the most text.
    """
    (name, to_name), offered = _control(dataset, wanted)
    field = text or _text_field(dataset, to_name)
    control = TextChoices(name, to_name, TextInput.named(field), Offered.of(offered))
    labelled = {
        annotation.task
        for annotation in dataset.live_annotations()
        if not annotation.skipped and control.label_of(annotation.result) is not None
    }
    inputs = (control.input_of(dataset.tasks[task].data) for task in sorted(labelled))
    texts = [text for text in inputs if text is not None and text.strip()]
    if not texts:
        keys = sorted({key for task in dataset.tasks.values() for key in task.data})
        raise Unprocessable(f"no task has a text {field!r}; there are: {', '.join(keys[:10])}")
    if not text:
        _check_is_text(field, texts)
    return control


def _check_is_text(field: str, texts: Iterable[str]) -> None:
    """Refuse the names of pictures or sounds: a model of text learns nothing from them."""
    are_addresses = [_ADDRESS.fullmatch(text) is not None for text in texts]
    if 2 * sum(are_addresses) > len(are_addresses):
        raise Unprocessable(f"{field!r} holds addresses of files; name a field of text by --text")


def _control(dataset: Dataset, wanted: str) -> tuple[Names, tuple[str, ...]]:
    """Return a choice that gives a task one label, and its labels: the one wanted or the commonest.

    Several labels for one task are another kind of labelling, which this recipe can't learn.
    """
    counts: Counter[Names] = Counter()
    labels: dict[Names, set[str]] = defaultdict(set)
    several: dict[Names, int] = {}
    for annotation in dataset.live_annotations():
        if annotation.skipped:
            continue
        for names, chosen in _chosen(annotation.result).items():
            counts[names] += 1
            labels[names].update(chosen)
            if len(chosen) != 1:
                several.setdefault(names, annotation.task)
    if wanted:
        counts = Counter({names: count for names, count in counts.items() if names[0] == wanted})
    if not counts:
        others = ", ".join(sorted({name for name, _ in labels}))
        wish = f" {wanted!r}; there are: {others}" if wanted and others else ""
        raise Unprocessable(f"the export holds no labels of a single choice{wish}")
    names = counts.most_common(1)[0][0]
    if names in several:
        reason = f"the choice {names[0]!r} gives task {several[names]} several labels, or parts"
        raise Unprocessable(f"{reason} of it: only one label for each task can be replayed")
    return names, tuple(sorted(labels[names]))


def _chosen(result: list[dict[str, Any]]) -> dict[Names, list[str]]:
    """Return an annotation's labels by control; those of a part of the text are listed twice."""
    labels: dict[Names, list[str]] = defaultdict(list)
    for region in result:
        value = region.get("value")
        choices = value.get("choices") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(choices, list | str):
            continue
        names = str(region.get("from_name")), str(region.get("to_name"))
        texts = [choices] if isinstance(choices, str) else choices
        chosen = [text for text in texts if isinstance(text, str)]
        labels[names] += chosen * (2 if _OF_PARTS & set(value) else 1)
    return {names: chosen for names, chosen in labels.items() if chosen}


def _text_field(dataset: Dataset, to_name: str) -> str:
    """Return the field of that name, else the one with the most text; equal texts count once."""
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
