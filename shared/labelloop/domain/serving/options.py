"""What can be chosen for one project instead of the stack's setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

# Of the functions in `strategies`, the default first. Here, because light functions have no numpy.
STRATEGY_NAMES: Final = (
    "typical_then_margin",
    "margin_clusters",
    "margin",
    "entropy",
    "least_confidence",
    "typical",
    "core_set",
    "random",
)
RETIRED_STRATEGIES: Final = ("badge", "committee")  # as good as none where they are stored


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = as the stack is set.

    `revision` counts the choices that make another version: the order is part of what a version is.
    """

    strategy: str | None = None
    delete_predictions: bool | None = None
    revision: int = 0

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored choices without those that this release can't follow: another one's."""
        strategy, deletes = stored.get("strategy"), stored.get("delete_predictions")
        revision = stored.get("revision")
        return cls(
            strategy if strategy in STRATEGY_NAMES else None,
            deletes if isinstance(deletes, bool) else None,
            revision if type(revision) is int else 0,
        )
