"""What each annotator did: labels a day, time per label, agreement with the model and others."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final

from labelloop.domain.intake.events import Annotation

_PAUSE_S: Final = 600.0  # on one label: longer ones were a pause
_LEAST_TIMES: Final = 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far somebody agrees with others: 1 = always, 0 = as by chance; on how many tasks."""

    value: float
    tasks: int


@dataclass(frozen=True, slots=True)
class Person:
    """One annotator, by their id in Label Studio; None for annotations that name nobody.

    `seconds`: the median time of a label, without pauses, None for too few: as Label Studio took
    it, or from one label to the next where it took none. `agreement`: the mean hit of the model on
    `blind` tasks of the random share, which come without a suggestion, None without any.
    `with_others`: the agreement with other annotators on `shared` tasks, None for too few. `days`:
    labels by day, in UTC.
    """

    annotator: int | None
    labels: int = 0
    skipped: int = 0
    seconds: float | None = None
    agreement: float | None = None
    blind: int = 0
    with_others: float | None = None
    shared: int = 0
    days: Mapping[str, int] = field(default_factory=dict)


def people(
    annotations: Iterable[Annotation],
    blind: Mapping[int | None, Sequence[float]],
    with_others: Mapping[int, Agreement],
) -> list[Person]:
    """Return the annotators, those with the most labels first.

    `blind`: for each annotator the model's hits on their labels of blind tasks.
    """
    rows: dict[int | None, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        rows[annotation.annotator].append(annotation)
    found = [
        _person(who, own, blind.get(who, ()), with_others.get(who or 0))
        for who, own in rows.items()
    ]
    return sorted(found, key=lambda one: (-one.labels, one.annotator or 0))


def _person(
    who: int | None, own: list[Annotation], hits: Sequence[float], others: Agreement | None
) -> Person:
    labelled = [one for one in own if not one.skipped]
    return Person(
        annotator=who,
        labels=len(labelled),
        skipped=len(own) - len(labelled),
        seconds=_seconds(own),
        agreement=sum(hits) / len(hits) if hits else None,
        blind=len(hits),
        with_others=others.value if others else None,
        shared=others.tasks if others else 0,
        days=dict(sorted(Counter(one.created_at[:10] for one in labelled).items())),
    )


def _seconds(rows: list[Annotation]) -> float | None:
    taken = _median([one.lead_time for one in rows if one.lead_time is not None])
    if taken is not None:
        return taken
    moments = [datetime.fromisoformat(time) for time in sorted(one.created_at for one in rows)]
    return _median([(after - before).total_seconds() for before, after in pairwise(moments)])


def _median(times: Sequence[float]) -> float | None:
    """Return the median of times on a label; imports, all at once, have none."""
    work = [time for time in times if 0 < time <= _PAUSE_S]
    return round(median(work), 1) if len(work) >= _LEAST_TIMES else None
