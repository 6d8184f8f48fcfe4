"""What can be chosen for one project instead of the stack's settings."""

import re
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
ENCODER_NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
RETIRED_STRATEGIES: Final = ("badge", "committee")  # where stored, the same as no choice


@dataclass(frozen=True, slots=True)
class Options:
    """A project's choices. None = the stack's setting.

    `encoder`: the name of one, without its checksum. `revision` counts the choices that lead to a
    new version by themselves, of which the order is a part; another encoder does so by its vectors.
    """

    strategy: str | None = None
    delete_predictions: bool | None = None
    revision: int = 0
    encoder: str | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored choices without those that this release does not have."""
        strategy, deletes = stored.get("strategy"), stored.get("delete_predictions")
        revision, encoder = stored.get("revision"), stored.get("encoder")
        return cls(
            strategy if strategy in STRATEGY_NAMES else None,
            deletes if isinstance(deletes, bool) else None,
            revision if type(revision) is int else 0,
            encoder if isinstance(encoder, str) and re.search(ENCODER_NAME, encoder) else None,
        )
