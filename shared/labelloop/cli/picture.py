"""Draw the curves of a backtest. Imported late: matplotlib takes a second."""

import warnings
from pathlib import Path

from matplotlib.figure import Figure

from labelloop.domain.strategies import DEFAULT, RANDOM
from labelloop.errors import Rejected
from labelloop.usecases.backtest import Backtest


def check_path(path: Path) -> None:
    """Refuse what can't be written before minutes are spent on it."""
    kinds = sorted(Figure().canvas.get_supported_filetypes())
    if path.suffix[1:].lower() not in kinds:
        raise Rejected(f"{path}: no kind of picture; there are: .{', .'.join(kinds)}")
    if not path.parent.is_dir() or path.is_dir():
        raise Rejected(f"{path}: no place for a file")


def draw(found: Backtest, title: str, path: Path) -> None:
    """Draw the curves into a picture file; Rejected if it can't be written."""
    figure = Figure(figsize=(8, 5.4), dpi=150, layout="constrained")
    axes = figure.subplots()
    for name, one in found.results.items():
        labels, accuracies = zip(*one.curve, strict=True)
        width, colour = 2.5 if name == DEFAULT else 1.2, "0.5" if name == RANDOM else None
        percent = [100 * accuracy for accuracy in accuracies]
        axes.plot(labels, percent, marker="o", ms=3, label=name, lw=width, color=colour)
    axes.axhline(100 * found.target, color="0.5", lw=0.8, linestyle=":")
    axes.set(xlabel="labels", ylabel="accuracy on held-out tasks (%)")
    axes.set_title(title, parse_math=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    try:
        with warnings.catch_warnings(action="ignore"):  # letters that the font does not have
            figure.savefig(path)
    except OSError as exc:
        raise Rejected(f"{path}: {exc.strerror}") from None
