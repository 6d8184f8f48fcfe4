"""The outcome of one of the doctor's checks."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and for a problem what to do about it."""

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


def note(name: str, detail: str) -> Check:
    """Return a check that found something worth knowing."""
    return Check(name, "note", detail)


def bad(name: str, detail: str, fix: str) -> Check:
    """Return a check that found a problem."""
    return Check(name, "problem", detail, fix)
