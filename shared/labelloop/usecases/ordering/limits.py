"""How much a step of ranking takes on."""

from dataclasses import dataclass
from typing import Final

from labelloop.usecases.learning.vectors import BUDGET_S
from labelloop.usecases.ordering.push import PREDICTIONS_AT_ONCE
from labelloop.usecases.ordering.trim import TRIM_LIMITS, TrimLimits


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of the pool, of time, and of what Label Studio stands."""

    shards_in_a_part: int = 10  # of 500 tasks
    encoding_s: float = BUDGET_S
    predictions_at_once: int = PREDICTIONS_AT_ONCE
    trim: TrimLimits = TRIM_LIMITS


LIMITS: Final = Limits()
