"""Show the state of a project, in words that need no manual."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from labelloop.cli.check_learning import learnt_of, put_off_of
from labelloop.cli.learnable import CHANGE_CONFIG, plain
from labelloop.cli.progress import in_words, watch
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.cli.versions import chosen_options


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
    card, dataset, learning = status["card"] or {}, status["dataset"], status["learning"]
    quarantined, archived = status["quarantined_events"], status["archived"]
    return {
        "project": status["project"],
        "version": status["version"] + (" (pinned)" if status["pinned"] else ""),
        "trained": f"{card['trained_at']} on {card['labels']} labels" if card else "not yet",
        "learns": learnt_of(learning) if learning["choice"] else "",
        "labels": f"{dataset['annotations']} annotations, {dataset['skipped']} skips",
        "waiting": f"{status['pending_events']} events, not learnt yet",
        "under way": in_words(status.get("progress", ()), datetime.now(UTC)),
        "damaged": f"{status['damaged']}; run `labelloop repair`" if status["damaged"] else "",
        "set aside": f"{quarantined} events that could not be read" if quarantined else "",
        "options": chosen_options(status["options"]),
        "put off": f"training {put_off_of(status['put_off'])}" if status["put_off"] else "",
        "archived": _archived(archived) if archived else "",
    }


def _lines(status: dict[str, Any]) -> Iterator[str]:
    learning, missing = status["learning"], status["no_model"]
    if learning["reason"]:
        yield f"nothing is learnt: {plain(learning['reason'])}\n        -> {CHANGE_CONFIG}"
    elif learning["line"]:
        yield learning["line"]
    if unread := status.get("unread"):  # a backend of an earlier release has no such field
        yield f"{unread['line']}: `labelloop doctor` says which and why"
    if missing and not learning["reason"]:
        yield f"{_no_model(missing)}: {plain(missing['reason'])}"
    yield from status["told"]
    if refused := status["refused"]:
        yield (
            f"{refused['version']} was not served: {refused['reason']}\n"
            f"look at the labels given before {refused['at']} (`labelloop doubts` lists some); "
            f"`labelloop activate {refused['version']}` serves it all the same"
        )


def _no_model(missing: dict[str, Any]) -> str:
    if missing.get("by_design"):  # a backend of an earlier release has no such field
        return "no model, by design"
    return "no model any more" if missing["had_model"] else "no model yet"


def _archived(archived: dict[str, Any] | None) -> str:
    return f"since {archived['since']}: {archived['reason']}" if archived else ""
