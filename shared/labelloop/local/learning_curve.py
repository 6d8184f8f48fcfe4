"""The demo's results: labels saved, the table and the lines of the learning curve."""

from collections.abc import Sequence

from rich.table import Table

from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.local.campaign import Curve, Point
from labelloop.picture import Line

ACTIVE, RANDOM = "#0f766e", "#9a6b2f"


def labels_saved(point: Point, random: Sequence[Point]) -> str:
    """Return in words how many more labels random order took to reach a point's accuracy."""
    needed = labels_to_reach(point.accuracy, [(each.labels, each.accuracy) for each in random])
    if needed is not None:
        return str(round(needed) - point.labels)
    at_least = random[-1].labels - point.labels
    return f"not reached (> {at_least})" if at_least else "not reached"


def table(active: Sequence[Point], random: Sequence[Point]) -> Table:
    """Return a table of the accuracies by number of labels, and the labels saved."""
    result = Table(title="Accuracy on held-out documents")
    for heading in ("labels", "active", "random", "labels saved"):
        result.add_column(heading, justify="right")
    for a, r in zip(active, random, strict=True):
        result.add_row(
            str(a.labels), f"{a.accuracy:.1%}", f"{r.accuracy:.1%}", labels_saved(a, random)
        )
    return result


def lines(active: Curve, random: Curve) -> list[Line]:
    """Return the lines of both learning curves."""
    both = (("active", active, ACTIVE), ("random", random, RANDOM))
    return [
        Line(name, [(point.labels, point.accuracy) for point in curve], colour)
        for name, curve, colour in both
    ]
