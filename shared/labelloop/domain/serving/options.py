"""What can be chosen for one project instead of the stack's settings."""

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
RETIRED_STRATEGIES: Final = ("badge", "committee")  # where stored, the same as no choice


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = the stack's setting.

    `revision` counts the choices that lead to a new version, of which the order is a part.
    """

    strategy: str | None = None
    delete_predictions: bool | None = None
    revision: int = 0

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored choices without those that this release does not have."""
        strategy, deletes = stored.get("strategy"), stored.get("delete_predictions")
        revision = stored.get("revision")
        return cls(
            strategy if strategy in STRATEGY_NAMES else None,
            deletes if isinstance(deletes, bool) else None,
            revision if type(revision) is int else 0,
        )
