"""What an export of a finished project says: texts, and the label that people gave each.

Imported late: it needs packages that most commands do without.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from labelloop.cli.backfill import read_export as read_file
from labelloop.domain.folding import Dataset, fold
from labelloop.errors import Rejected, TooLarge, Unprocessable
from labelloop.labelstudio import read_export
from labelloop.recipes.text_choices import TextChoices

MOST_BYTES: Final = 500_000_000
_ANY_PROJECT: Final = "1.0"


def examples(export: Path, text: str = "") -> tuple[list[str], list[str]]:
    """Return texts and labels of an export; Rejected says what is wrong with it.

    An export has no label config: the choice that most annotations give is the one to predict, and
    the text is the named field of a task's data, or the one that holds most text.
    """
    try:
        if export.stat().st_size > MOST_BYTES:
            raise TooLarge(f"{export}: more than {MOST_BYTES // 1_000_000} MB")
    except OSError as exc:
        raise Rejected(f"{export}: {exc.strerror}") from None
    event = read_export(_ANY_PROJECT, read_file(export), datetime.now(UTC))
    dataset = fold(Dataset(), [event])
    name, to_name, offered = _choice(dataset)
    key = text or _longest_text(dataset)
    texts, labels = TextChoices(name, to_name, key, offered).examples(dataset)
    if not texts:
        keys = sorted({key for task in dataset.tasks.values() for key in task.data})
        raise Unprocessable(f"no task has a text {key!r}; there are: {', '.join(keys[:10])}")
    return texts, labels


def _choice(dataset: Dataset) -> tuple[str, str, tuple[str, ...]]:
    """Return the commonest single choice: its name, what it is about, and its labels."""
    given: Counter[tuple[str, str]] = Counter()
    labels: dict[tuple[str, str], set[str]] = {}
    for region in _regions(dataset):
        value = region.get("value")
        choices = value.get("choices") if isinstance(value, dict) else None
        if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], str):
            control = str(region.get("from_name")), str(region.get("to_name"))
            given[control] += 1
            labels.setdefault(control, set()).add(choices[0])
    if not given:
        raise Unprocessable("the export holds no labels of a single choice")
    control = given.most_common(1)[0][0]
    return *control, tuple(sorted(labels[control]))


def _regions(dataset: Dataset) -> Iterator[dict[str, Any]]:
    for annotation in dataset.live_annotations():
        if not annotation.skipped:
            yield from annotation.result


def _longest_text(dataset: Dataset) -> str:
    lengths: Counter[str] = Counter()
    for task in dataset.tasks.values():
        texts = ((key, value) for key, value in task.data.items() if isinstance(value, str))
        lengths.update({key: len(value) for key, value in texts})
    if not lengths:
        raise Unprocessable("the tasks hold no text")
    return max(lengths, key=lambda key: lengths[key])
