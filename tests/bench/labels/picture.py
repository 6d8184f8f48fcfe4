"""The learning curves as a picture, one panel for each set."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from tests.bench.labels.curves import Curve, mean

COLOURS = {"Labelloop": "#0f766e", "TF-IDF, margin": "#9a6b2f", "TF-IDF, random": "#a8a29e"}
COLUMNS = 5


def draw(systems: Mapping[str, dict[str, list[Curve]]], path: Path) -> None:
    """Draw the mean curves of all systems on each set into a picture file."""
    if not systems:
        return
    rows = -(-len(systems) // COLUMNS)
    figure = Figure(figsize=(15, 3 * rows), dpi=110, layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False, sharex=True).flat)
    for panel in panels[len(systems) :]:
        panel.remove()
    for panel, (name, curves) in zip(panels, systems.items(), strict=False):
        for way, colour in COLOURS.items():
            labels, accuracies = zip(*mean(curves[way]), strict=True)
            panel.plot(labels, [100 * a for a in accuracies], color=colour, label=way)
        panel.set_title(name, fontsize=10)
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(fontsize=8, frameon=False)
    figure.supxlabel("labels")
    figure.supylabel("accuracy on held-out texts (%)")
    figure.savefig(path)
