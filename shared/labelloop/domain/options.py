"""What can be chosen for one project instead of the stack's setting."""

from dataclasses import dataclass
from typing import Final

SCORE_NAMES: Final = ("margin", "entropy", "least_confidence")  # of the functions in selection


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = as the stack is set.

    `revision` counts the choices that make another version: the order is part of what a version is.
    """

    score: str | None = None
    delete_predictions: bool | None = None
    revision: int = 0
