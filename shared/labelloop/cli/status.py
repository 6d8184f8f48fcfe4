"""Show the state of a project, in words that need no manual."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from labelloop.cli.progress import watch
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.domain.serving.in_words import (
    CHANGE_CONFIG,
    chosen_options,
    learnt_of,
    look_again_of,
    no_model_of,
    plain,
    put_off_of,
    refused_of,
    waiting_of,
    work_of,
)


def show_status(
    session: Session,
    report: Report,
    watches: Annotated[
        bool, typer.Option("--watch", help="show stage and percent of the work until Ctrl-C")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, help="seconds between looks, with --watch")
    ] = 3.0,
    rounds: Annotated[
        int, typer.Option(min=0, help="looks before it ends, with --watch; 0: it never ends")
    ] = 0,
) -> None:
    """Show which version is served, how good it is, which labels are usable, what is under way."""
    if watches:
        return watch(session, report, every, rounds)
    status = report.data = session.backend.get("/status", project=session.key)
    table = Table.grid(padding=(0, 2))
    for name, value in _rows(status).items():
        if value:
            table.add_row(f"[dim]{name}[/]", escape(value))
    report.console.print(table)
    for line in _lines(status):
        report.say(line)
    return None


def _rows(status: dict[str, Any]) -> dict[str, str]:
    dataset, learning = status["dataset"], status["learning"]
    quarantined, archived = status["quarantined_events"], status["archived"]
    return {
        "project": status["project"],
        "title": dataset.get("settings", {}).get("title", ""),
        "version": status["version"] + (" (pinned)" if status["pinned"] else ""),
        "trained": _trained(status),
        "learns": learnt_of(learning) if learning["choice"] else "",
        "labels": f"{dataset['annotations']} annotations, {dataset['skipped']} skips",
        "waiting": waiting_of(status),
        "under way": "; ".join(work_of(status.get("progress", ()))),
        "damaged": f"{status['damaged']}; run `labelloop repair`" if status["damaged"] else "",
        "set aside": f"{quarantined} events that could not be read" if quarantined else "",
        "options": chosen_options(status["options"]),
        "put off": f"training {put_off_of(status['put_off'])}" if status["put_off"] else "",
        "archived": _archived(archived) if archived else "",
    }


def _trained(status: dict[str, Any]) -> str:
    card, made_by = status["card"], status.get("made_by")  # an earlier release's has no such field
    if not card:
        return "not yet"
    if made_by == "imported":
        return f"elsewhere, imported {card['trained_at']}"
    line = f"{card['trained_at']} on {card['labels']} labels"
    return f"{line}, {made_by}" if made_by else line


def _lines(status: dict[str, Any]) -> Iterator[str]:
    learning, missing = status["learning"], status["no_model"]
    if learning["reason"]:
        yield f"nothing is learnt: {plain(learning['reason'])}\n        -> {CHANGE_CONFIG}"
    elif learning["line"]:
        yield learning["line"]
    if unread := status.get("unread"):  # a backend of an earlier release has no such field
        yield f"{unread['line']}: `labelloop doctor` says which and why"
    if missing and not learning["reason"]:
        yield ": ".join(no_model_of(missing))
    yield from status["told"]
    if refused := status["refused"]:
        yield f"{refused_of(refused)}\n{look_again_of(refused)}"


def _archived(archived: dict[str, Any] | None) -> str:
    return f"since {archived['since']}: {archived['reason']}" if archived else ""
