"""The learning curve that random order would have had: an estimate, by the law of savings."""

from collections.abc import Iterable

from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.savings import Law, Saving, saving


def random_order(
    points: Iterable[CurvePoint], tasks: int, law: Law
) -> list[tuple[CurvePoint, Saving]]:
    """Return the points of a curve that are known to save labels, each with what it saves.

    `tasks`: how many there are, beyond which no order goes.
    """
    saved = ((point, saving(point.labels, point.error, tasks, law)) for point in points)
    return [(point, one) for point, one in saved if one is not None]
