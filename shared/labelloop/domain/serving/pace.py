"""How fast people label, and how long the rest takes at that pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Pace:
    """Labels a day, lately, and what is left. None where it is not known, or nobody labels.

    `to_stop`: labels until it may be advised to stop; `left`: tasks without a label. The days are
    those that these take.
    """

    a_day: float | None
    to_stop: int | None
    days_to_stop: float | None
    left: int | None
    days_left: float | None


def pace(labels: Mapping[str, int], today: date, to_stop: int | None, left: int | None) -> Pace:
    """Return the pace of the last seven days, or of those since the first label.

    `labels`: by day, as ISO 8601 dates in UTC.
    """
    begun = min(map(date.fromisoformat, labels), default=today)
    days = max(1, min(_DAYS, (today - begun).days + 1))
    newest = {(today - timedelta(days=n)).isoformat() for n in range(days)}
    given = sum(count for day, count in labels.items() if day in newest)
    a_day = round(given / days, 1) or None
    return Pace(a_day, to_stop, _days(to_stop, a_day), left, _days(left, a_day))


def _days(labels: int | None, a_day: float | None) -> float | None:
    return None if labels is None or a_day is None else round(labels / a_day, 1)
