"""What people are told of a version: plain data for its card; `in_words` says it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labelloop.domain.answers import Floats
from labelloop.domain.judging.curve import CurvePoint, expected_gain, spaced
from labelloop.domain.judging.quality import PartQuality, acceptance, accuracy
from labelloop.domain.judging.savings import Law, error_band, pooled_error, saving
from labelloop.domain.judging.stopping import ALL_LABELLED, advise

NEXT_LABELS: Final = 100


@dataclass(frozen=True)
class Honest:
    """Honest predictions of the labelled part of the random share, r tasks, and how right they are.

    `hits` and `confidence`: of each, shape (r,); `by_part`: how good they are by part of a label.
    `pool_confidence`: as it is served, of a sample of the tasks without a label; `believed_error`:
    what the model takes its error on all tasks to be (`believed_error` below); `unlabelled`: about
    how many tasks have no label, None where it is not known; `assisted`: how many of the labels may
    have been given beside a suggestion.
    """

    hits: Floats
    confidence: Floats
    by_part: Mapping[str, PartQuality]
    pool_confidence: Floats
    believed_error: float
    unlabelled: int | None = None
    assisted: int = 0


def believed_error(
    pool_confidence: Floats, labelled_misses: float, labelled: int, tasks: int
) -> float:
    """Return the error on all tasks: by belief where there is no label, out of fold where there is.

    An active order takes the hard tasks out of the pool, so what is left alone looks too easy.
    """
    share = labelled / max(1, tasks)
    believed = 1 - float(pool_confidence.mean()) if len(pool_confidence) else 0.0
    return (1 - share) * believed + share * labelled_misses / max(1, labelled)


def insights(
    labels: int,
    honest: Honest,
    earlier: Sequence[CurvePoint],
    disagreements: Sequence[float],
    wanted_precision: float,
    ordered: int,
    law: Law | None,
) -> dict[str, Any]:
    """Return the numbers for the card. `earlier`: points of the versions before, off their cards.

    `disagreements`: of successive comparable versions, this one's last; `ordered`: labels that an
    active order asked for. Unless they are most, and there is a law, nothing is claimed to be
    saved; without a random label nothing is promised either.
    """
    right = accuracy(honest.hits)
    misses = 0.0 if right.value is None else right.rows * (1 - right.value)
    error = pooled_error(misses, right.rows, honest.believed_error)
    low, high = error_band(misses, right.rows, honest.believed_error)
    points = spaced([*earlier, CurvePoint(labels, round(error, 4), round(low, 4), round(high, 4))])
    left = honest.unlabelled
    more = NEXT_LABELS if left is None else min(NEXT_LABELS, left)
    gain = expected_gain(points, more) if more and right.rows else None
    saved = None
    if law and left is not None and 2 * ordered > labels and right.rows:
        saved = saving(labels, error, labels + left, law)
    return {
        "random_share": asdict(right),
        "assisted": honest.assisted,
        "error": round(error, 4),
        "curve": [asdict(point) for point in points],
        "by_class": {name: asdict(one) for name, one in honest.by_part.items()},
        "saving": None if saved is None else asdict(saved),
        "gain": None if gain is None else asdict(gain),
        "stopping": asdict(advise(labels, disagreements, gain) if more else ALL_LABELLED),
        "accept": asdict(
            acceptance(honest.confidence, honest.hits, honest.pool_confidence, wanted_precision)
        ),
    }
