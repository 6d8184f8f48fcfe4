"""The outcome of one of the doctor's checks."""

from dataclasses import asdict, dataclass
from typing import Literal

from labelloop.errors import Denied, LabelloopError, Retryable


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    name: str
    outcome: Literal["ok", "note", "problem"]
    detail: str
    fix: str = ""

    def row(self) -> dict[str, str]:
        """Return the check as JSON tells it."""
        return asdict(self)


def good(name: str, detail: str) -> Check:
    """Return a check that found all well."""
    return Check(name, "ok", detail)


def note(name: str, detail: str, fix: str = "") -> Check:
    """Return a check that found something worth knowing."""
    return Check(name, "note", detail, fix)


def bad(name: str, detail: str, fix: str) -> Check:
    """Return a check that found a problem."""
    return Check(name, "problem", detail, fix)


def failed(name: str, error: LabelloopError) -> Check:
    """Return a check that could not be made, with what the error says there is to do."""
    fix = error.fix
    if not fix and isinstance(error, Denied):
        fix = "use the token of a person who may edit the project"
    if not fix and isinstance(error, Retryable):
        fix = "try again in a minute; if that fails, look at the log of what did not answer"
    return bad(name, str(error), fix or "correct what the message names, and try again")
