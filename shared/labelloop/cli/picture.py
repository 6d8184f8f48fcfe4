"""Draw the curves of a backtest. Imported late: matplotlib takes a second."""

import warnings
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from labelloop.domain.ordering.strategies import DEFAULT, RANDOM, STRATEGIES
from labelloop.errors import Rejected
from labelloop.usecases.judging.backtest import Backtest

KINDS: Final = ".png", ".svg", ".pdf"
_WIDTHS: Final = {DEFAULT: 2.5, RANDOM: 1.6}
# By the place among all strategies, whichever are drawn. "tab10" without its grey; random is black.
_COLOURS: Final = dict(
    zip(
        [name for name in STRATEGIES if name != RANDOM],
        [f"C{n}" for n in (0, 1, 2, 3, 4, 5, 6, 8, 9)],
        strict=False,
    )
)


def check_path(path: Path) -> None:
    """Refuse what can't be written before minutes are spent on it."""
    if path.suffix.lower() not in KINDS:
        raise Rejected(f"{path}: no kind of picture; there are: {', '.join(KINDS)}")
    if not path.parent.is_dir() or path.is_dir():
        raise Rejected(f"{path}: no place for a file")


def draw(found: Backtest, title: str, path: Path) -> None:
    """Draw the curves into a picture file; Rejected if it can't be written."""
    figure = drawn(found, title)
    try:
        with warnings.catch_warnings(action="ignore"):  # letters that the font does not have
            figure.savefig(path)
    except OSError as exc:
        raise Rejected(f"{path}: {exc.strerror}") from None


def drawn(found: Backtest, title: str) -> Figure:
    """Return a figure of the curves, and of the accuracy to reach."""
    figure = Figure(figsize=(9, 5.4), dpi=150, layout="constrained")
    axes = figure.subplots()
    for name, one in found.results.items():
        labels, accuracies = zip(*one.curve, strict=True)
        percent = [100 * accuracy for accuracy in accuracies]
        width, colour = _WIDTHS.get(name, 1.2), _COLOURS.get(name, "black")
        line = "--" if name == RANDOM else "-"
        axes.plot(labels, percent, marker="o", ms=3, label=name, lw=width, color=colour, ls=line)
    axes.axhline(100 * found.target, color="black", lw=0.8, ls=":", label="to reach")
    axes.set(xlabel="labels", ylabel="accuracy on held-out tasks (%)")
    axes.set_title(title, parse_math=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False)
    return figure
