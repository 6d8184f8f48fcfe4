"""Check everything that is known to go wrong between Label Studio and Labelloop."""

from collections.abc import Callable, Iterator

from rich.markup import escape

from labelloop.cli.check import Check, bad, failed
from labelloop.cli.check_backend import answers, latency, password
from labelloop.cli.check_learning import encoder_known, files_read, labels_learnt, model
from labelloop.cli.check_loop import (
    dataset,
    labels,
    language,
    pushes,
    same_project,
    tasks,
    versions,
)
from labelloop.cli.check_studio import backend, label_config, order, rights, webhook
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import LabelloopError

type Checker = Callable[[Session], Iterator[Check]]
type Checks = dict[str, Checker]

# If the first check of a side fails, its others are skipped; the checks of both need both sides.
_LABELLOOP: Checks = {
    "url": answers,
    "password": password,
    "latency": latency,
    "dataset": dataset,
    "labels learnt": labels_learnt,
    "encoder": encoder_known,
    "files": files_read,
    "model": model,
}
_LABEL_STUDIO: Checks = {
    "Label Studio": rights,
    "label config": label_config,
    "ML backend": backend,
    "webhook": webhook,
    "order": order,
}
_BOTH: Checks = {
    "project": same_project,
    "push": pushes,
    "model_version": versions,
    "labels": labels,
    "tasks": tasks,
    "language": language,
}
# They compare what Label Studio has with the password: with a wrong one they would find it wrong.
_BY_PASSWORD = ("ML backend", "webhook")
_SIGNS = {"ok": "[green]ok     [/]", "note": "[yellow]note   [/]", "problem": "[red]problem[/]"}


def examine(session: Session, report: Report) -> None:
    """Check everything that is known to go wrong; each problem comes with its fix."""
    report.data["checks"] = []
    is_up = _run(_LABELLOOP, session, report)
    is_refused = any(
        (row["name"], row["outcome"]) == ("credentials", "problem") for row in report.data["checks"]
    )
    left_out = _BY_PASSWORD if is_refused else ()
    others = {name: one for name, one in _LABEL_STUDIO.items() if name not in left_out}
    if _run(others, session, report) and is_up:
        _run(_BOTH, session, report)
    problems, notes = (
        [row for row in report.data["checks"] if row["outcome"] == outcome]
        for outcome in ("problem", "note")
    )
    report.data["findings"] = problems
    report.failed = bool(problems)
    report.say(f"\n{_verdict(len(problems), len(notes))}")


def _verdict(problems: int, notes: int) -> str:
    if not problems and not notes:
        return "All is well."
    counted = [
        f"{count} {name}" + ("" if count == 1 else "s")
        for count, name in ((problems, "problem"), (notes, "note"))
        if count
    ]
    return f"{', '.join(counted)}; each arrow says what to do."


def _run(checks: Checks, session: Session, report: Report) -> bool:
    """Run checks, only the first if that fails; say whether the first succeeded."""
    for place, (name, checker) in enumerate(checks.items()):
        outcomes = [_show(check, report) for check in _guarded(name, checker, session)]
        if place == 0 and "problem" in outcomes:
            return False
    return True


def _guarded(name: str, checker: Checker, session: Session) -> Iterator[Check]:
    try:
        yield from checker(session)
    except LabelloopError as exc:
        yield failed(name, exc)
    except (KeyError, TypeError, ValueError) as exc:
        detail = f"an answer of an unexpected shape ({type(exc).__name__})"
        yield bad(name, detail, "use one release of Labelloop for the deployment and this command")


def _show(check: Check, report: Report) -> str:
    """Report a check, unless another one reported the same; return its outcome."""
    rows = report.data["checks"]
    if any((row["outcome"], row["detail"]) == (check.outcome, check.detail) for row in rows):
        return check.outcome
    rows.append(check.row())
    line = f"{_SIGNS[check.outcome]} {escape(check.name)}: {escape(check.detail)}"
    report.console.print(line + (f"\n        -> {escape(check.fix)}" if check.fix else ""))
    return check.outcome
