"""Look for everything that is known to go wrong between Label Studio and Labelloop."""

from collections.abc import Callable, Iterator

from rich.markup import escape

from labelloop.cli.check import Check, bad
from labelloop.cli.check_backend import answers, latency
from labelloop.cli.check_loop import labels, token, versions
from labelloop.cli.check_studio import backend, order, rights, webhook
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import LabelloopError

type Checker = Callable[[Session], Iterator[Check]]

# Those after a failed first one would only repeat it.
_LABELLOOP: tuple[Checker, ...] = (answers, latency)
_LABEL_STUDIO: tuple[Checker, ...] = (rights, backend, webhook, order, token, versions, labels)
_SIGNS = {"ok": "[green]ok     [/]", "note": "[yellow]note   [/]", "problem": "[red]problem[/]"}


def examine(session: Session, report: Report) -> None:
    """Report each check; the report fails if any found a problem."""
    is_up = _run(_LABELLOOP, session, report)
    if is_up:
        _run(_LABEL_STUDIO, session, report)
    found = [row for row in report.data["checks"] if row["outcome"] == "problem"]
    report.data["findings"] = found
    report.failed = bool(found)
    report.say(f"\n{len(found)} problems" if found else "\nAll is well.")


def _run(checkers: tuple[Checker, ...], session: Session, report: Report) -> bool:
    """Run checks until the first of them fails; say whether it went well."""
    for place, checker in enumerate(checkers):
        outcomes = [_told(check, report) for check in _guarded(checker, session)]
        if place == 0 and "problem" in outcomes:
            return False
    return True


def _guarded(checker: Checker, session: Session) -> Iterator[Check]:
    try:
        yield from checker(session)
    except LabelloopError as exc:
        yield bad(checker.__name__, str(exc), "see the message; then run `labelloop doctor` again")
    except (KeyError, TypeError, ValueError):
        yield bad(checker.__name__, "an answer that was not expected", "check both addresses")


def _told(check: Check, report: Report) -> str:
    report.data.setdefault("checks", []).append(check.row())
    told = f"{_SIGNS[check.outcome]} {escape(check.name)}: {escape(check.detail)}"
    report.console.print(told + (f"\n        -> {escape(check.fix)}" if check.fix else ""))
    return check.outcome
