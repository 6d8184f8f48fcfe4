"""The output of a command: lines for people while it runs, or JSON, one object at its end.

What is watched gives an object a line, as things happen.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

_COLOURS = {"done": "green", "unchanged": "dim", "skipped": "yellow", "warning": "red"}


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
