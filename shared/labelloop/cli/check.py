"""The outcome of one of the doctor's checks."""

from dataclasses import asdict, dataclass
from typing import Literal

from labelloop.errors import Denied, LabelloopError, Retryable


@dataclass(frozen=True, slots=True)
class Check:
    """A check's name and outcome, details for people, and what to do about a problem."""

    name: str
    outcome: Literal["ok", "note", "problem"]
    detail: str
    fix: str = ""

    def row(self) -> dict[str, str]:
        """Return the check as a JSON object."""
        return asdict(self)


def good(name: str, detail: str) -> Check:
    """Return a check that found no problem."""
    return Check(name, "ok", detail)


def note(name: str, detail: str, fix: str = "") -> Check:
    """Return a check that found something worth knowing."""
    return Check(name, "note", detail, fix)


def bad(name: str, detail: str, fix: str) -> Check:
    """Return a check that found a problem."""
    return Check(name, "problem", detail, fix)


def failed(name: str, error: LabelloopError) -> Check:
    """Return a check that ended in an error, with the error's fix, or one for its class."""
    fix = error.fix
    if not fix and isinstance(error, Denied):
        fix = "use the token of a person who may edit the project"
    if not fix and isinstance(error, Retryable):
        fix = "try again in a minute; if that fails, look at the log of what did not answer"
    return bad(name, str(error), fix or "correct what the message names, and try again")
