"""Show what the stack's functions logged, of all of them in the order of time."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Annotated, Any, Final

import typer

from labelloop.cli import aws
from labelloop.cli.command import Stack, ended
from labelloop.cli.log_entries import Entry, read_entry
from labelloop.cli.report import Report
from labelloop.errors import NotFound

_GROUP: Final = "LogGroup"  # how the logical ids end, after the function's name
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LATE: Final = timedelta(seconds=10)  # CloudWatch shows an entry some seconds after it was logged
_EVERY_S: Final = 2.0
_COLOURS: Final = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}

type _Event = tuple[str, Mapping[str, Any]]  # a function's name and CloudWatch's event


@dataclass(frozen=True)
class Wanted:
    """Which entries are shown."""

    project: str | None
    functions: frozenset[str]
    errors_only: bool

    def has(self, entry: Entry) -> bool:
        """Say whether an entry is wanted."""
        is_of = self.project is None or entry.is_of(self.project)
        return is_of and (entry.is_error or not self.errors_only)


def duration(text: str) -> timedelta:
    """Return how long `90s`, `30m`, `2h` or `7d` is; BadParameter for other texts."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"{text}: expected a number with s, m, h or d, such as 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def show_logs(
    project: Annotated[
        str | None, typer.Option("--project", "-p", help="number in Label Studio; default: all")
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option(help="webhook, predict, train, rank, sweep; may be given several times"),
    ] = None,
    since: Annotated[
        timedelta, typer.Option(parser=duration, metavar="TIME", help="how far back: 90s, 2h, 7d")
    ] = "1h",  # type: ignore[assignment] # typer parses it
    follows: Annotated[bool, typer.Option("--follow", help="go on until Ctrl-C")] = False,
    errors_only: Annotated[bool, typer.Option("--errors", help="nothing but failures")] = False,
    stack: Stack = "labelloop",
    as_json: Annotated[bool, typer.Option("--json", help="a JSON object for each entry")] = False,
) -> None:
    """Show what the stack's functions logged, a line an entry. Needs AWS rights."""
    wanted = Wanted(project, frozenset(function or ()), errors_only)
    command = f"labelloop logs --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        report.is_stream = True
        session = aws.session()
        groups = groups_of(session, stack, wanted.functions)
        _show(session.client("logs"), groups, datetime.now(UTC) - since, wanted, follows, report)


def groups_of(session: Any, stack: str, functions: frozenset[str]) -> dict[str, str]:
    """Return the log groups of a stack's functions by their names; NotFound for unknown ones."""
    found = aws.resources(session, stack, "AWS::Logs::LogGroup")
    groups = {id_.removesuffix(_GROUP).lower(): name for id_, name in found.items()}
    if unknown := functions - groups.keys():
        raise NotFound(
            f"stack {stack} has no function {', '.join(sorted(unknown))}",
            f"give --function one of: {', '.join(sorted(groups))}",
        )
    return {name: group for name, group in groups.items() if not functions or name in functions}


def _show(
    logs: Any,
    groups: Mapping[str, str],
    start: datetime,
    wanted: Wanted,
    follows: bool,
    report: Report,
) -> None:
    """Print the entries since a time; with `follows` look again and again, and print new ones."""
    seen: set[str] = set()
    printed = 0
    while True:
        now = datetime.now(UTC)
        looked_at: set[str] = set()
        for name, event in _events(logs, groups, start):
            looked_at.add(_id_of(event))
            entry = read_entry(name, event["timestamp"], event["message"])
            if _id_of(event) not in seen and entry is not None and wanted.has(entry):
                _print(entry, report)
                printed += 1
        if not follows:
            break
        start, seen = max(start, now - _LATE), looked_at
        time.sleep(_EVERY_S)
    if not printed:
        report.errors.print("no such entry in this time")


def _events(logs: Any, groups: Mapping[str, str], start: datetime) -> Iterator[_Event]:
    """Yield the events of all groups since a time, oldest first."""
    since_ms = int(start.timestamp() * 1000)
    each = [_of_group(logs, name, group, since_ms) for name, group in groups.items()]
    return merge(*each, key=lambda one: int(one[1]["timestamp"]))


def _of_group(logs: Any, name: str, group: str, since_ms: int) -> Iterator[_Event]:
    pages = logs.get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group, startTime=since_ms):
        for event in page["events"]:
            yield name, event


def _id_of(event: Mapping[str, Any]) -> str:
    """Return what tells an event from others; the local stack gives them no ids."""
    parts = event.get("logStreamName"), event["timestamp"], event["message"]
    return str(event.get("eventId") or parts)


def _print(entry: Entry, report: Report) -> None:
    report.event(entry.row())
    report.console.print(entry.line(), style=_COLOURS.get(entry.level), markup=False)
