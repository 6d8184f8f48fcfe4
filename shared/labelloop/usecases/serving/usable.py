"""How many annotations can be learnt from, and why the others can't."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from labelloop.domain.intake.events import Annotation
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.learning.examples import labels_of
from labelloop.recipes.protocol import Control

_MOST_NAMED: Final = 10
_MOST_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Annotations that teach nothing, for one reason. `tasks`: their first tasks, by id."""

    reason: str
    annotations: int
    tasks: list[int]

    def line(self) -> str:
        """Return a line of text: how many, why, and where."""
        where = "task " if len(self.tasks) == 1 else "tasks "
        more = ", ..." if self.annotations > len(self.tasks) == _MOST_NAMED else ""
        return f"{self.annotations} {self.reason}: {where}{', '.join(map(str, self.tasks))}{more}"


@dataclass(frozen=True, slots=True)
class Usable:
    """How many annotations there are, without skips, and how many of them are usable."""

    annotations: int
    usable: int
    left_out: list[LeftOut]

    def line(self) -> str:
        """Return a line of text, with the unusable annotations by reason."""
        usable_ones = f"{self.usable} of {self.annotations} annotations are usable"
        return "; ".join([usable_ones, *(one.line() for one in self.left_out)])


def usable(dataset: Dataset, control: Control) -> Usable:
    """Count a dataset's annotations: those that `control` can learn, and the others by reason."""
    annotations = [one for one in dataset.live_annotations() if not one.skipped]
    readable = {
        task: control.input_of(dataset.tasks[task].data) is not None
        for task in {one.task for one in annotations}
    }
    left_out: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for annotation, label in zip(annotations, labels_of(annotations, control), strict=True):
        reason, example = _why_not(annotation, label, readable[annotation.task], control)
        if reason:
            left_out[reason].append((annotation.task, example))
    rows = [_left_out(reason, examples) for reason, examples in left_out.items()]
    rows.sort(key=lambda row: (-row.annotations, row.reason))
    return Usable(len(annotations), len(annotations) - sum(row.annotations for row in rows), rows)


def _why_not(
    annotation: Annotation, label: Any, is_readable: bool, control: Control
) -> tuple[str, str]:
    reason, example = control.why_unusable(annotation.result, is_readable)
    if annotation.result or (label is not None and not reason):
        return reason, example
    # to some kinds an annotation without any region says that nothing applies
    return "submitted empty" if reason else "submitted empty before the control was answered", ""


def _left_out(reason: str, annotations: list[tuple[int, str]]) -> LeftOut:
    """Return annotations left out for one reason, with the first examples of what they say."""
    tasks = sorted({task for task, _ in annotations})[:_MOST_NAMED]
    examples = sorted({example for _, example in annotations if example})
    if examples:
        more = ", ..." if len(examples) > _MOST_EXAMPLES else ""
        reason += f" ({', '.join(examples[:_MOST_EXAMPLES])}{more})"
    return LeftOut(reason, len(annotations), tasks)
