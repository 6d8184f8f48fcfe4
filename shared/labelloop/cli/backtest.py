"""Replay an export of a finished project: a table, a picture, and the numbers."""

from pathlib import Path

from rich.table import Table

from labelloop.cli.report import Report
from labelloop.errors import Rejected


def backtest(
    export: Path, text: str, picture: Path | None, seeds: int, labels: int, report: Report
) -> None:
    """Replay the project with every strategy; needs the extra `backtest`."""
    try:
        from labelloop.adapters.sklearn_replay import Replay
        from labelloop.cli.export import examples
        from labelloop.usecases import backtest as job
    except ImportError as exc:
        told = "it needs more packages: uv tool install './shared[cli,backtest]'"
        raise Rejected(f"{told} ({exc.name} is missing)") from None
    texts, names = examples(export, text)
    project = job.replay(names)
    with report.errors.status("replaying") as shown:
        found = job.backtest(
            project,
            Replay(texts, project.labels),
            job.STRATEGIES,
            seeds,
            labels,
            lambda name, size: shown.update(f"replaying: {name}, {size} labels"),
        )
    report.data |= found.as_json() | {"tasks": len(texts), "held_out": project.held_out}
    report.console.print(_table(found.curves, found.labels_to_target, found.target))
    if picture is not None:
        report.data["picture"] = str(draw(found.curves, found.target, export.stem, picture))
        report.say(f"drawn into {picture}")


def _table(
    curves: dict[str, list[tuple[int, float]]], reached: dict[str, float | None], target: float
) -> Table:
    table = Table(title="Accuracy on held-out tasks, and labels to random order's best")
    table.add_column("labels", justify="right")
    for name in curves:
        table.add_column(name, justify="right")
    for row in zip(*curves.values(), strict=True):
        table.add_row(str(row[0][0]), *(f"{accuracy:.1%}" for _, accuracy in row))
    table.add_section()
    needed = ("never" if reached[name] is None else f"{reached[name]:.0f}" for name in curves)
    table.add_row(f"to {target:.1%}", *needed)
    return table


def draw(curves: dict[str, list[tuple[int, float]]], target: float, title: str, path: Path) -> Path:
    """Draw the curves into a picture file; Rejected if it can't be written."""
    from matplotlib.figure import Figure  # seconds to import: only where a picture is wanted

    figure = Figure(figsize=(8, 4.8), dpi=150, layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot([n for n, _ in curve], [100 * a for _, a in curve], marker="o", ms=3, label=name)
    axes.axhline(100 * target, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="labels", ylabel="accuracy on held-out tasks (%)", title=title)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as exc:  # ValueError: matplotlib's for a suffix it can't write
        raise Rejected(f"{path}: {exc}") from None
    return path
