"""Look at a project's versions, and choose the one that is served."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import NotFound
from labelloop.labelstudio import UNTRAINED


def show_status(session: Session, report: Report) -> None:
    """Show where the project stands."""
    status = report.data = session.backend.get("/status", project=session.key)
    card, dataset = status["card"] or {}, status["dataset"]
    table = Table.grid(padding=(0, 2))
    rows = {
        "project": status["project"],
        "version": status["version"] + (" (pinned)" if status["pinned"] else ""),
        "trained": f"{card['trained_at']} on {card['labels']} labels" if card else "not yet",
        "labels": f"{dataset['annotations']} annotations, {dataset['skipped']} skips",
        "waiting": f"{status['pending_events']} events",
        "set aside": f"{status['quarantined_events']} events"
        if status["quarantined_events"]
        else "",
        "options": _chosen(status["options"]),
        "archived": _archived(status["archived"]),
    }
    for name, value in rows.items():
        if value:
            table.add_row(f"[dim]{name}[/]", escape(value))
    report.console.print(table)
    for line in status["told"]:
        report.say(line)
    if refused := status["refused"]:
        report.say(
            f"{refused['version']} was not served: {refused['reason']}\n"
            f"look at the labels given before {refused['at']} (`labelloop doubts` lists some); "
            f"`labelloop activate {refused['version']}` serves it all the same"
        )


def show_doubts(session: Session, report: Report) -> None:
    """List the labels worth a second look."""
    report.data = session.backend.get("/doubts", project=session.key)
    table = Table("task", "label", "rather", "wrong", "why", box=None)
    for one in report.data["doubts"]:
        told = one["label"], one["suggested"], f"{one['doubt']:.0%}", one["why"]
        table.add_row(str(one["task"]), *map(escape, told))
    report.console.print(table if report.data["doubts"] else "no label in doubt")


def show_versions(session: Session, report: Report) -> None:
    """List the versions, and mark the active one."""
    names, active = _versions(session)
    report.data |= {"project": session.key, "versions": names, "active": active}
    for name in names:
        report.say(f"{'*' if name == active else ' '} {name}")
    if not names:
        report.say("no version yet")


def activate(session: Session, report: Report, version: str) -> None:
    """Serve a version."""
    answer = session.backend.post("/activate", project=session.key, version=version)
    report.data |= {"project": session.key, "version": version, "changed": answer["changed"]}
    report.say(f"{version} is active" + ("" if answer["changed"] else " already"))


def rollback(session: Session, report: Report) -> None:
    """Serve the newest version that learnt from older data than the active one."""
    names, active = _versions(session)
    older = [name for name in names if active == UNTRAINED or _sequence(name) < _sequence(active)]
    if not older:
        raise NotFound(f"there is no version before {active}")
    activate(session, report, older[0])
    report.data["instead_of"] = active
    report.say("newer labels will bring a newer version; `labelloop pin` keeps this one")


def pin(session: Session, report: Report) -> None:
    """Let no training switch the version."""
    _post(session, report, "/pin", "pinned")


def unpin(session: Session, report: Report) -> None:
    """Let trainings switch the version again."""
    _post(session, report, "/unpin", "unpinned; what waited is learnt now")


def choose_options(session: Session, report: Report, chosen: dict[str, Any]) -> None:
    """Choose, if there is anything to choose, and show what is chosen."""
    if chosen:
        options = session.backend.put("/options", project=session.key, **chosen)
    else:
        options = session.backend.get("/status", project=session.key)["options"]
    report.data |= {"project": session.key, "options": options}
    report.say(_chosen(options) or "as the stack is set")


def train(session: Session, report: Report) -> None:
    """Ask for a training."""
    _post(session, report, "/train", "training asked for")


def rank(session: Session, report: Report) -> None:
    """Ask for the order."""
    _post(session, report, "/rank", "ranking asked for")


def _post(session: Session, report: Report, path: str, told: str) -> None:
    report.data |= {"project": session.key} | session.backend.post(path, project=session.key)
    report.say(told)


def _versions(session: Session) -> tuple[list[str], str]:
    answer: dict[str, Any] = session.backend.get("/versions", project=session.key)
    status = session.backend.get("/status", project=session.key)
    return [name for name in answer["versions"] if name != UNTRAINED], status["version"]


def _chosen(options: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in options.items() if value is not None)


def _archived(archived: dict[str, Any] | None) -> str:
    return f"since {archived['since']}: {archived['reason']}" if archived else ""


def _sequence(version: str) -> int:
    return int(version.partition("-")[0])
