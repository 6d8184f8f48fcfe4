"""For how long a version is held back that was refused because labels were changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from labelloop.domain.judging.evidence import MOST_LOST, MOST_TURNED

HELD: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=3)  # however often the labels change meanwhile


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when a refused version is held; empty = it is not.

    `first`: when the first refusal in a row was. `lost` and `turned`: shares of the labels, as they
    were when the clock began.
    """

    until: str = ""
    first: str = ""
    lost: float = 0.0
    turned: float = 0.0


def hold_after(known: Hold, numbers: dict[str, Any], now: datetime) -> Hold:
    """Return the hold after another refusal; the clock begins anew where much more was changed.

    Otherwise what a script wrecks in the last minute of a day would be served in the next one.
    """
    lost, turned = float(numbers.get("lost", 0)), float(numbers.get("turned", 0))
    if not known.until:
        return Hold(_text(now + HELD), _text(now), lost, turned)
    if lost - known.lost <= MOST_LOST and turned - known.turned < MOST_TURNED:
        return known
    latest = datetime.fromisoformat(known.first) + LONGEST
    return Hold(_text(min(now + HELD, latest)), known.first, lost, turned)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
