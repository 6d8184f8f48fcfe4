"""What tests need to know of a kind of labelling: a project of it, labelled as people label it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A small project. `answer`: the result that Label Studio's editor makes for a task's data.

    `tasks`: the data of 60 tasks or more; `recipe`: the name of the recipe that has the project.
    """

    recipe: str
    config: str
    tasks: Sequence[dict[str, Any]]
    answer: Callable[[dict[str, Any]], list[dict[str, Any]]]

    @property
    def results(self) -> list[list[dict[str, Any]]]:
        """What an annotator says of each task."""
        return [self.answer(data) for data in self.tasks]
