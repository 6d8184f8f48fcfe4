"""The names of a project's versions: the snapshot that was learnt, and the attempt at it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

UNTRAINED: Final = "untrained"  # the version of a project without a model
_NAME: Final = re.compile(r"(\d{1,18})-([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was trained on a snapshot. `attempt`: 8 hex digits that set two apart."""

    seq: int
    attempt: str

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the version of that name, None if the name is not of this form."""
        match = _NAME.fullmatch(name)
        return cls(int(match[1]), match[2]) if match else None

    def __str__(self) -> str:
        """Return the version's name."""
        return f"{self.seq}-{self.attempt}"


def is_older(name: str, than: str) -> bool:
    """Say whether a version name in Label Studio is of a version before `than`."""
    if name == UNTRAINED:
        return than != UNTRAINED
    earlier, later = Version.parse(name), Version.parse(than)
    return earlier is not None and later is not None and earlier.seq < later.seq


def before(names: Sequence[str], active: str, replaced: str = "") -> str | None:
    """Return the newest version before the active one, None if there is none.

    `names`: those of all versions, newest first. `replaced`: the version that the active one, a
    model that people imported, took the place of: both may stand for one snapshot.
    """
    if replaced in names and not is_older(active, replaced):
        return replaced
    older = (name for name in names if active == UNTRAINED or is_older(name, active))
    return next(older, None)
