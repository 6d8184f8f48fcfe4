"""What each annotator did: labels a day, time per label, agreement with the model."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final

from labelloop.domain.intake.events import Annotation

_PAUSE_S: Final = 600.0  # between two labels: longer ones are no work on one
_LEAST_GAPS: Final = 5


@dataclass(frozen=True, slots=True)
class Person:
    """One annotator, by their id in Label Studio; None for annotations that name nobody.

    `seconds`: the median time from one label to the next, without pauses, None for too few.
    `agreement`: the mean hit of the model on `blind` tasks of the random share, which come without
    a suggestion, None without any. `days`: labels by day, in UTC.
    """

    annotator: int | None
    labels: int = 0
    skipped: int = 0
    seconds: float | None = None
    agreement: float | None = None
    blind: int = 0
    days: Mapping[str, int] = field(default_factory=dict)


def people(
    annotations: Iterable[Annotation], agreements: Mapping[int | None, Sequence[float]]
) -> list[Person]:
    """Return the annotators, those with the most labels first.

    `agreements`: for each annotator the model's hits on their labels of blind tasks.
    """
    rows: dict[int | None, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        rows[annotation.annotator].append(annotation)
    found = [_person(who, own, agreements.get(who, ())) for who, own in rows.items()]
    return sorted(found, key=lambda one: (-one.labels, one.annotator or 0))


def _person(who: int | None, own: list[Annotation], hits: Sequence[float]) -> Person:
    labelled = [one for one in own if not one.skipped]
    return Person(
        annotator=who,
        labels=len(labelled),
        skipped=len(own) - len(labelled),
        seconds=_seconds(sorted(one.created_at for one in own)),
        agreement=sum(hits) / len(hits) if hits else None,
        blind=len(hits),
        days=dict(sorted(Counter(one.created_at[:10] for one in labelled).items())),
    )


def _seconds(times: list[str]) -> float | None:
    """Return the median of the gaps between ascending times; imports, all at once, have none."""
    moments = [datetime.fromisoformat(time) for time in times]
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    work = [gap for gap in gaps if 0 < gap <= _PAUSE_S]
    return round(median(work), 1) if len(work) >= _LEAST_GAPS else None
