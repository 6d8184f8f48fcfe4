"""The output of a command: lines for people while it runs, or JSON, one object at its end.

What is watched gives an object a line, as things happen.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape

_EVERY_S = 20  # between lines off a terminal, such as in a log
_COLOURS = {"done": "green", "unchanged": "dim", "skipped": "yellow", "warning": "red"}


class Status(Protocol):
    """What is shown of something that goes on."""

    def update(self, status: str) -> object:
        """Show how far it is."""
        ...


class _Lines:
    """A status as lines, one now and then: a log is not overwritten."""

    def __init__(self, console: Console) -> None:
        self._console, self._last = console, time.monotonic()

    def update(self, status: str) -> None:
        """Print how far it is, if it is some time since the last line."""
        if time.monotonic() - self._last >= _EVERY_S:
            self._last = time.monotonic()
            self._console.print(escape(status))


class Report:
    """One command's output. `is_stream`: it writes a JSON object for each event."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.is_stream = False
        self.data: dict[str, Any] = {}
        self.failed = False
        self.console = Console(quiet=as_json, highlight=False, soft_wrap=True)
        self.errors = Console(stderr=True, quiet=as_json, highlight=False, soft_wrap=True)

    def step(self, name: str, outcome: str, detail: str = "") -> None:
        """Report a step; its outcome is done, unchanged, skipped or warning."""
        row = {"step": name, "outcome": outcome, "detail": detail}
        self.data.setdefault("steps", []).append(row)
        self.console.print(
            f"[{_COLOURS[outcome]}]{outcome:<9}[/]  {escape(name)}  [dim]{escape(detail)}[/]"
        )

    def changed(self, name: str, is_changed: bool, detail: str = "") -> None:
        """Report a step as done or unchanged."""
        self.step(name, "done" if is_changed else "unchanged", detail)

    def say(self, line: str) -> None:
        """Print a line for people; it is not part of the JSON object."""
        self.console.print(escape(line))

    @contextmanager
    def working(self, title: str) -> Iterator[Status]:
        """Show on stderr what is going on: what `update` says last or, off a terminal, as lines."""
        if not self.errors.is_terminal:
            self.errors.print(escape(title))
            yield _Lines(self.errors)
            return
        with self.errors.status(title) as shown:
            yield shown

    def event(self, row: Mapping[str, Any]) -> None:
        """Write one of a stream of JSON objects, if the command was run with --json."""
        if self.as_json:
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()

    def finish(self) -> None:
        """Write the JSON object, unless a stream of others was written and ended well."""
        if not self.is_stream or self.failed:
            self.event(self.data)

    def fail(self, error: str, fix: str = "") -> None:
        """Report why the command ends here, and what to do about it, in a line each."""
        self.failed = True
        line = " ".join(error.split())
        self.data |= {"error": line} | ({"fix": fix} if fix else {})
        self.errors.print(f"[red]labelloop:[/] {escape(line)}")
        if fix:
            self.errors.print(f"        -> {escape(fix)}")
