"""Learning curves as a picture: of a demo, a backtest, or many data sets side by side."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labelloop.errors import Rejected

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS: Final = ".png", ".svg", ".pdf"
_COLUMNS: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A curve of (labels, accuracy from 0 to 1), and how it is drawn."""

    name: str
    curve: Sequence[tuple[int, float]]
    colour: str
    width: float = 1.5
    style: str = "-"
    marker: str = "o"


type Panels = Mapping[str, Sequence[Line]]
"""Lines by the title of their panel. All panels have the same names and colours of lines."""


def check_path(path: Path) -> None:
    """Raise Rejected for a path that can't be written, before minutes are spent on a picture."""
    if path.suffix.lower() not in KINDS:
        raise Rejected(f"{path}: not a picture's name; it must end in one of {', '.join(KINDS)}")
    if not path.parent.is_dir() or path.is_dir():
        raise Rejected(f"{path}: no file can be written there")


def draw(panels: Panels, held_out: str, path: Path) -> None:
    """Draw panels into a picture file; Rejected if it can't be written."""
    figure = drawn(panels, held_out)
    try:
        with warnings.catch_warnings(action="ignore"):  # letters that the font does not have
            figure.savefig(path)
    except OSError as exc:
        raise Rejected(f"{path}: {exc.strerror}") from None


def drawn(panels: Panels, held_out: str) -> "Figure":
    """Return a figure of one or more panels. `held_out`: what accuracy was measured on."""
    from matplotlib.figure import Figure  # takes a second

    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    size = (9, 5.4) if len(panels) == 1 else (3.2 * columns, 3 * rows)
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    places = list(figure.subplots(rows, columns, squeeze=False, sharex=True).flat)
    for axes in places[len(panels) :]:
        axes.remove()
    for axes, (title, lines) in zip(places, panels.items(), strict=False):
        for line in lines:
            labels, accuracies = zip(*line.curve, strict=True)
            look = {"color": line.colour, "lw": line.width, "ls": line.style, "marker": line.marker}
            axes.plot(labels, [100 * a for a in accuracies], label=line.name, ms=3, **look)
        axes.set_title(title, parse_math=False)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    shown = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    figure.legend(handles=[*shown.values()], loc="outside right upper", frameon=False)
    figure.supxlabel("labels", fontsize="medium")
    figure.supylabel(f"accuracy on {held_out} (%)", fontsize="medium")
    return figure
