"""The numbers that people see of a version: plain data for its card; `in_words` has the words."""

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
    """Predictions out of fold for the labelled part of the random share, r tasks, and their hits.

    `hits` and `confidence`: of each, shape (r,); `by_part`: how good they are by part of a label.
    `pool_confidence`: of the version as it is served, on a sample of the tasks without a label;
    `believed_error`: the error on all tasks by the model's own account (`believed_error` below);
    `unlabelled`: about how many tasks have no label, None if not known; `assisted`: how many of the
    labels may have been given beside a suggestion; `tuned`: how many labels, of all, are not
    counted anywhere here, as the encoder was tuned to them.
    """

    hits: Floats
    confidence: Floats
    by_part: Mapping[str, PartQuality]
    pool_confidence: Floats
    believed_error: float | None
    unlabelled: int | None = None
    assisted: int = 0
    tuned: int = 0


def believed_error(
    pool_confidence: Floats,
    labelled_misses: float,
    labelled: int,
    tasks: int,
    counted: int | None = None,
) -> float | None:
    """Return the error on all tasks: by confidence without a label, out of fold with one.

    An active order takes the hard tasks out of the pool, so the rest of it alone looks too easy.
    `counted`: the labels that the misses are of, where these are not all. None if nothing tells.
    """
    counted = labelled if counted is None else counted
    if not counted and not len(pool_confidence):
        return None
    share = labelled / max(1, tasks) if counted else 0.0
    believed = 1 - float(pool_confidence.mean()) if len(pool_confidence) else 0.0
    return (1 - share) * believed + share * labelled_misses / max(1, counted)


def insights(
    labels: int,
    honest: Honest,
    earlier: Sequence[CurvePoint],
    disagreements: Sequence[float],
    wanted_precision: float,
    ordered: int,
    law: Law | None,
) -> dict[str, Any]:
    """Return the numbers for the card. `earlier`: points of earlier versions, from their cards.

    `disagreements`: of successive comparable versions, this one's last; `ordered`: the number of
    labels in an active order. Unless they are most of the labels, and there is a law, no saving is
    claimed; without a label of the random share no gain is promised either. Where nothing tells how
    large the error is, it is None, and the curve has no point of it.
    """
    right, believed = accuracy(honest.hits), honest.believed_error
    error, points = None, spaced(earlier)
    if believed is not None:
        misses = 0.0 if right.value is None else right.rows * (1 - right.value)
        error = pooled_error(misses, right.rows, believed)
        low, high = error_band(misses, right.rows, believed)
        now = CurvePoint(labels, round(error, 4), round(low, 4), round(high, 4))
        points = spaced([*earlier, now])
    unlabelled = honest.unlabelled
    more = NEXT_LABELS if unlabelled is None else min(NEXT_LABELS, unlabelled)
    gain = expected_gain(points, more) if more and right.rows else None
    saved = None
    is_ordered = 2 * ordered > labels and right.rows > 0
    if law and unlabelled is not None and is_ordered and error is not None:
        saved = saving(labels, error, labels + unlabelled, law)
    return {
        "random_share": asdict(right),
        "assisted": honest.assisted,
        **({"tuned": honest.tuned} if honest.tuned else {}),
        "error": None if error is None else round(error, 4),
        "curve": [asdict(point) for point in points],
        "by_class": {name: asdict(quality) for name, quality in honest.by_part.items()},
        "has_law": law is not None,
        "saving": None if saved is None else asdict(saved),
        "gain": None if gain is None else asdict(gain),
        "stopping": asdict(advise(labels, disagreements, gain) if more else ALL_LABELLED),
        "accept": asdict(
            acceptance(honest.confidence, honest.hits, honest.pool_confidence, wanted_precision)
        ),
    }
