"""List a project's versions and doubtful labels, and choose the version that is served."""

from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.domain.serving.in_words import chosen_options, label_in_words, minute_of
from labelloop.domain.version import UNTRAINED, before
from labelloop.errors import NotFound

_UNTIL: Final = "newer labels will bring a newer version; `labelloop pin` keeps this one"
_PINNED: Final = "the project is pinned, so it stays; `labelloop unpin` has newer labels learnt"


def show_doubts(session: Session, report: Report) -> None:
    """List the labels that may be wrong, the most doubtful first."""
    report.data = session.backend.get("/doubts", project=session.key)
    table = Table("task", "label", "perhaps", "wrong by", "why", box=None)
    for doubt in report.data["doubts"]:
        labels = label_in_words(doubt["label"]), label_in_words(doubt["suggested"])
        cells = *labels, f"{doubt['doubt']:.0%}", doubt["why"]
        table.add_row(str(doubt["task"]), *map(escape, cells))
    report.console.print(table if report.data["doubts"] else "no label in doubt")


def show_versions(session: Session, report: Report) -> None:
    """List the versions: date, labels, accuracy, whether served or refused, and why."""
    history = session.backend.get("/history", project=session.key)
    names = [row["version"] for row in history["versions"]]
    report.data |= {"project": session.key, "versions": names, "active": history["active"]}
    report.data |= {"history": history["versions"], "older": history["older"]}
    table = Table("version", "trained", "labels", "accuracy", "outcome", "why", box=None)
    for row in history["versions"]:
        facts = row["version"], minute_of(row["trained_at"]), str(row["labels"])
        judgement = row["accuracy_words"], row["outcome"], row["why"]
        style = "bold" if row["outcome"] == "active" else None
        table.add_row(*map(escape, (*facts, *judgement)), style=style)
    report.console.print(table if names else "no version yet")
    if history["older"]:
        report.say(f"and {history['older']} older ones")


def activate(
    session: Session, report: Report, version: Annotated[str, typer.Argument(show_default=False)]
) -> None:
    """Serve this version, until newer labels bring a newer one."""
    answer = session.backend.post("/activate", project=session.key, version=version)
    report.data |= {"project": session.key, "version": version, "changed": answer["changed"]}
    report.say(f"{version} is active" + ("" if answer["changed"] else " already"))


def rollback(session: Session, report: Report) -> None:
    """Serve the version before the active one."""
    names, status = _versions(session)
    active = status["version"]
    earlier = before(names, active, status.get("replaced", ""))
    if earlier is None:
        raise NotFound(
            f"there is no version before {active}",
            "`labelloop versions` lists them all",
        )
    activate(session, report, earlier)
    report.data["instead_of"] = active
    report.say(_PINNED if status["pinned"] else _UNTIL)


def pin(session: Session, report: Report) -> None:
    """Keep serving the active version. Labels are collected, but not learnt."""
    _post(session, report, "/pin", "pinned")


def unpin(session: Session, report: Report) -> None:
    """Learn the labels that waited, and serve new versions again."""
    _post(session, report, "/unpin", "unpinned; the labels that waited are learnt now")


def choose_options(
    session: Session,
    report: Report,
    strategy: Annotated[str | None, typer.Option(help="how tasks are chosen")] = None,
    deletes: Annotated[
        bool | None,
        typer.Option("--delete-predictions/--keep-predictions", help="of older versions"),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="minilm, none, or one that `labelloop encoder add` put into the bucket"),
    ] = None,
    resets: Annotated[bool, typer.Option("--reset", help="use the stack's settings")] = False,
) -> None:
    """Show the options of one project, or change them."""
    values = {"strategy": strategy, "delete_predictions": deletes, "encoder": encoder}
    chosen = {name: value for name, value in values.items() if resets or value is not None}
    if chosen:
        options = session.backend.put("/options", project=session.key, **chosen)
    else:
        options = session.backend.get("/status", project=session.key)["options"]
    report.data |= {"project": session.key, "options": options}
    report.say(chosen_options(options) or "none: the stack's settings apply")
    if encoder:
        report.say("the version before is served until one beside that encoder is trained")


def train(session: Session, report: Report) -> None:
    """Learn the labels that wait now, without the quiet period."""
    report.data |= {"project": session.key} | session.backend.post("/train", project=session.key)
    learnt_by = report.data.get("learnt_by")  # an earlier release's backend has no such field
    if learnt_by:
        report.say(f"nothing to learn: version {learnt_by} has learnt all labels")
    else:
        report.say("a training is on its way")


def _post(session: Session, report: Report, path: str, message: str) -> None:
    report.data |= {"project": session.key} | session.backend.post(path, project=session.key)
    report.say(message)


def _versions(session: Session) -> tuple[list[str], dict[str, Any]]:
    answer: dict[str, Any] = session.backend.get("/versions", project=session.key)
    status: dict[str, Any] = session.backend.get("/status", project=session.key)
    names = [name for name in answer["versions"] if name != UNTRAINED]
    return names, status
