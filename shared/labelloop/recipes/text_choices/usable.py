"""How many annotations can be learnt from, and why the others can't."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from labelloop.domain.intake.events import Annotation
from labelloop.domain.intake.folding import Dataset
from labelloop.recipes.text_choices.control import TextChoices

_MOST_NAMED: Final = 10
_MOST_CHOICES: Final = 3
_NOT_OFFERED: Final = "with a choice that the label config doesn't offer"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Annotations that teach nothing, for one reason. `tasks`: the first of theirs, by id."""

    reason: str
    annotations: int
    tasks: list[int]

    def line(self) -> str:
        """Return it in words: how many, why, and where."""
        where = "task " if len(self.tasks) == 1 else "tasks "
        more = ", ..." if self.annotations > len(self.tasks) == _MOST_NAMED else ""
        return f"{self.annotations} {self.reason}: {where}{', '.join(map(str, self.tasks))}{more}"


@dataclass(frozen=True, slots=True)
class Usable:
    """Annotations, skips apart, and those of them that are usable."""

    annotations: int
    usable: int
    left_out: list[LeftOut]

    def line(self) -> str:
        """Return it in words, those that are left out by reason."""
        counted = f"{self.usable} of {self.annotations} annotations are usable"
        return "; ".join([counted, *(one.line() for one in self.left_out)])


def usable(dataset: Dataset, control: TextChoices) -> Usable:
    """Count a dataset's annotations: those that `control` can learn, and the others by reason."""
    given = [one for one in dataset.live_annotations() if not one.skipped]
    readable = {
        task: control.text_of(dataset.tasks[task].data) is not None
        for task in {one.task for one in given}
    }
    left_out: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in given:
        if reason := _why_not(annotation, readable[annotation.task], control):
            left_out[reason].append(annotation)
    # Choices that are not offered are one reason, whatever their names: the commonest are named.
    rows = [_left_out(reason, some, control) for reason, some in left_out.items()]
    rows.sort(key=lambda row: (-row.annotations, row.reason))
    return Usable(len(given), len(given) - sum(row.annotations for row in rows), rows)


def _why_not(annotation: Annotation, is_readable: bool, control: TextChoices) -> str:
    if not annotation.result:
        return "submitted empty"
    if control.answer_of(annotation.result) is None:
        return f"without an answer to {control.from_name!r}"
    if control.label_of(annotation.result) is None:
        return _NOT_OFFERED
    return "" if is_readable else f"on tasks without a text under {control.text.value}"


def _left_out(reason: str, annotations: list[Annotation], control: TextChoices) -> LeftOut:
    tasks = sorted({one.task for one in annotations})[:_MOST_NAMED]
    if reason == _NOT_OFFERED:
        reason += f" ({_names(control.answer_of(one.result) for one in annotations)})"
    return LeftOut(reason, len(annotations), tasks)


def _names(choices: Iterable[Any]) -> str:
    """Return some choices as messages name them."""
    names = sorted({_name(one) for one in choices})
    return ", ".join(names[:_MOST_CHOICES]) + (", ..." if len(names) > _MOST_CHOICES else "")


def _name(choices: Any) -> str:
    first = choices[0] if isinstance(choices, list) and choices else choices
    return " / ".join(map(str, first)) if isinstance(first, list) else str(first)[:40]
