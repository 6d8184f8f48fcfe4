"""The demo's progress: bars on a terminal, plain lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from labelloop.local.campaign import Point


class Display:
    """One line per project; safe to use from several threads."""

    def __init__(self, console: Console, names: list[str], labels: int) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description:<7}"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TextColumn("{task.fields[doing]:<20} {task.fields[last]:<20}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._rows = {
            name: self._bars.add_task(name, total=labels, doing="starting the stack", last="")
            for name in names
        }

    def __enter__(self) -> Self:
        if not self._console.is_terminal:
            self._console.print("Deploying the template onto the embedded AWS ...")
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def doing(self, name: str, labels: int, what: str) -> None:
        """Show the number of labels and the current activity of a project."""
        self._bars.update(self._rows[name], completed=labels, doing=what)

    def measured(self, name: str, point: Point) -> None:
        """Show a version's accuracy; without a terminal, in a line of its own."""
        result = f"{point.accuracy:.1%} ({point.version})"
        self._bars.update(self._rows[name], completed=point.labels, last=result)
        if not self._console.is_terminal:
            self._console.print(f"{name:<7} {point.labels:>4} labels: {result}", highlight=False)
