"""What can be chosen for one project instead of the stack's setting."""

from dataclasses import dataclass
from typing import Final

# Of the functions in `strategies`, the default first. Here, because light functions have no numpy.
STRATEGY_NAMES: Final = (
    "typical_then_margin",
    "margin_clusters",
    "margin",
    "entropy",
    "least_confidence",
    "typical",
    "core_set",
    "badge",
    "committee",
    "random",
)


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = as the stack is set.

    `revision` counts the choices that make another version: the order is part of what a version is.
    """

    strategy: str | None = None
    delete_predictions: bool | None = None
    revision: int = 0
