"""What the demo found: labels saved, the table and the picture of the learning curve."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.local.campaign import Point

ACTIVE, RANDOM = "#0f766e", "#9a6b2f"


def labels_saved(point: Point, random: Sequence[Point]) -> str:
    """Say how many labels more random order took to a point's accuracy, if it ever got there."""
    needed = labels_to_reach(point.accuracy, [(one.labels, one.accuracy) for one in random])
    if needed is not None:
        return str(round(needed) - point.labels)
    at_least = random[-1].labels - point.labels
    return f"not reached (> {at_least})" if at_least else "not reached"


def table(active: Sequence[Point], random: Sequence[Point]) -> Table:
    """Return labels -> accuracy in both orders, and what the active order saved."""
    result = Table(title="Accuracy on held-out documents")
    for heading in ("labels", "active", "random", "labels saved"):
        result.add_column(heading, justify="right")
    for a, r in zip(active, random, strict=True):
        result.add_row(
            str(a.labels), f"{a.accuracy:.1%}", f"{r.accuracy:.1%}", labels_saved(a, random)
        )
    return result


def draw(active: Sequence[Point], random: Sequence[Point], title: str, path: Path) -> None:
    """Draw both learning curves into a picture file."""
    from matplotlib.figure import Figure  # seconds to import: only at the end of a demo

    figure = Figure(figsize=(8, 4.8), dpi=150, layout="constrained")
    axes = figure.subplots()
    up = 1 if active[-1].accuracy >= random[-1].accuracy else -1
    both = ((active, "active", ACTIVE, up), (random, "random", RANDOM, -up))
    for curve, name, colour, side in both:
        labels = [point.labels for point in curve]
        percent = [100 * point.accuracy for point in curve]
        axes.plot(labels, percent, marker="o", markersize=4, color=colour)
        end = (labels[-1], percent[-1])
        axes.annotate(
            name, end, (8, 5 * side), textcoords="offset points", color=colour, va="center"
        )
    axes.set(xlabel="labels", ylabel="accuracy on held-out documents (%)", title=title)
    axes.locator_params(axis="y", nbins=6, integer=True)
    axes.set_xticks([point.labels for point in active])
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
