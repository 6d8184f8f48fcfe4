"""The names of a project's versions: the snapshot that was learnt, and which attempt at it."""

import re
from dataclasses import dataclass
from typing import Final, Self

UNTRAINED: Final = "untrained"  # the version of a project without a model
_NAME: Final = re.compile(r"(\d{1,18})-([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was trained on a snapshot. `attempt`: 8 hex digits, as two may be at it."""

    seq: int
    attempt: str

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the version of a name, None if it is none of ours."""
        found = _NAME.fullmatch(name)
        return cls(int(found[1]), found[2]) if found else None

    def __str__(self) -> str:
        """Return its name."""
        return f"{self.seq}-{self.attempt}"


def is_older(name: str, than: str) -> bool:
    """Say whether a name of Label Studio's is a version of ours from before another one."""
    if name == UNTRAINED:
        return than != UNTRAINED
    earlier, later = Version.parse(name), Version.parse(than)
    return earlier is not None and later is not None and earlier.seq < later.seq
