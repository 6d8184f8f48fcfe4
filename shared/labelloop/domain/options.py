"""What can be chosen for one project instead of the stack's setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

SCORE_NAMES: Final = ("margin", "entropy", "least_confidence")  # of the functions in selection


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = as the stack is set."""

    score: str | None = None
    delete_predictions: bool | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored choices without those that this release can't follow: a newer one's."""
        score, deletes = stored.get("score"), stored.get("delete_predictions")
        return cls(
            score if score in SCORE_NAMES else None, deletes if isinstance(deletes, bool) else None
        )
