"""When to train: the rules of the quiet period. No numpy here: light functions import it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

SMALL: Final = 100  # labels
_FEWEST: Final = 5  # labels that are worth a training


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the end of a burst of labels before they are learnt."""

    quiet_s: int
    max_wait_s: int
    retrain_after: int

    def after(self, labels: int, wanted: int = 0) -> "Patience":
        """Return the patience of a project by its labels; `wanted`: those a first model lacks.

        The first model comes as soon as it can, and early ones after half as many labels more: they
        teach most, and nobody pauses while labelling. In a burst of thousands each training would
        be due again by the time it ends, so about as many more are waited for. Where labels come
        without a pause, but not in a burst, the longest wait ends it.
        """
        enough = wanted if wanted > 0 else max(_FEWEST, labels // 2)
        return replace(self, retrain_after=max(min(self.retrain_after, enough), labels - SMALL))


def can_leave_to_a_later_event(
    own: datetime | None, pending: Sequence[datetime], now: datetime, patience: Patience
) -> bool:
    """Say whether a wake-up may stop because a later event has a wake-up of its own.

    `own`: when the event that caused the wake-up was stored, None if it is folded already;
    `pending`: when each event still to be folded was stored. Both are by the store's clock, so that
    the clocks of functions don't matter; `now` only decides when a wait is over. The wait ends at
    once when enough events, or old ones, are pending.
    """
    if not pending or len(pending) >= patience.retrain_after:
        return False
    if now - min(pending) >= timedelta(seconds=patience.max_wait_s):
        return False
    if own is not None:
        return max(pending) > own
    # One second for the clock's resolution: the wake-up of so new an event is still to come.
    return max(pending) + timedelta(seconds=patience.quiet_s + 1) > now
