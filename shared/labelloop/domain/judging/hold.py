"""How long a version stays on hold that was rejected because labels were changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from labelloop.domain.judging.evidence import MOST_LOST, MOST_TURNED

HELD: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=3)  # however often the labels change meanwhile


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when a rejected version is held; empty = it is not.

    `first`: the time of the first rejection in a row. `lost` and `turned`: shares of the labels at
    the beginning of the hold.
    """

    until: str = ""
    first: str = ""
    lost: float = 0.0
    turned: float = 0.0


def hold_after(current: Hold, numbers: dict[str, Any], now: datetime) -> Hold:
    """Return the hold after another rejection; it begins again if many more labels were changed.

    Otherwise labels that a script ruins in the last minute of the hold would be served a minute
    later.
    """
    lost, turned = float(numbers.get("lost", 0)), float(numbers.get("turned", 0))
    if not current.until:
        return Hold(_text(now + HELD), _text(now), lost, turned)
    if lost - current.lost <= MOST_LOST and turned - current.turned < MOST_TURNED:
        return current
    latest = datetime.fromisoformat(current.first) + LONGEST
    return Hold(_text(min(now + HELD, latest)), current.first, lost, turned)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
