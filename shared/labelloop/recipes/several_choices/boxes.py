"""The boxes that people tick, and the label that ticked boxes give.

With `allowNested` a choice is a path. Ticking one with others below it ticks all of these, so only
boxes with none below them are offered: the rest follows from them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from labelloop.labelstudio.label_config import Tag
from labelloop.recipes.text_choices.offered import Offered, Path, read_offered


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of a control. `labels`: of those with none below them, in the config's order."""

    choices: Offered
    labels: tuple[str, ...]

    @classmethod
    def read(cls, control: Tag) -> Self:
        """Return the boxes of a `<Choices>`."""
        choices = read_offered(control)
        lowest = [
            label
            for label, path in zip(choices.labels, choices.paths, strict=True)
            if not any(_is_below(other, path) for other in choices.paths)
        ]
        return cls(choices, tuple(lowest))

    def label_of(self, ticked: list[Any]) -> list[str] | None:
        """Return the labels of ticked boxes, in the config's order; None if none is offered.

        Without any box the label is an empty list: nothing applies.
        """
        known = {label for box in ticked if (label := self.choices.label_of([box]))}
        if ticked and not known:
            return None
        paths = [self._path(label) for label in known]
        return [
            label
            for label in self.labels
            if label in known or any(_is_below(self._path(label), path) for path in paths)
        ]

    def value_of(self, labels: Collection[str]) -> list[Any]:
        """Return the `choices` that show labels, those above them too where all below are there."""
        if not self.choices.is_nested:
            return [label for label in self.labels if label in labels]
        shown = []
        for path in self.choices.paths:
            below = [one for one in self.labels if _is_at_or_below(self._path(one), path)]
            if all(label in labels for label in below):
                shown.append(list(path))
        return shown

    def _path(self, label: str) -> Path:
        return self.choices.paths[self.choices.labels.index(label)]


def _is_below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def _is_at_or_below(path: Path, above: Path) -> bool:
    return path[: len(above)] == above
