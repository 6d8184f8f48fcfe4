"""What travels on the queue: wake-ups, never data."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal, Protocol, Self, get_args

from labelloop.errors import Rejected

Reason = Literal["event", "start_training", "sweep", "options", "repair"]
Step = Literal["survey", "plan", "score", "push", "trim"]
_NO_WAKE_UP: Final = "the message is not a wake-up"


class Message(Protocol):
    """Anything that can wait in a queue."""

    @property
    def project(self) -> str:
        """The key of the project that it is about."""
        ...

    def to_json(self) -> str:
        """Return the body of the message."""
        ...


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Look at this project again. `event` names the stored event that caused it, if one did."""

    project: str
    reason: Reason
    event: str = ""

    def to_json(self) -> str:
        """Return the body of the message."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Return the wake-up of a message's body; Rejected if it holds none."""
        wake_up = _read(cls, body)
        texts = (wake_up.project, wake_up.event)
        if wake_up.reason not in get_args(Reason) or not all(isinstance(t, str) for t in texts):
            raise Rejected(_NO_WAKE_UP)
        return wake_up


@dataclass(frozen=True, slots=True)
class RankWakeUp:
    """Take one step of ranking a project's pool: survey it, plan the parts, score one, push, trim.

    `version` names the version to rank by, empty for the active one; `part` counts from 0, and the
    turns of a survey: the first one asks for it.
    """

    project: str
    step: Step = "plan"
    version: str = ""
    part: int = 0

    def to_json(self) -> str:
        """Return the body of the message."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Return the wake-up of a message's body; Rejected if it holds none."""
        wake_up = _read(cls, body)
        texts = all(isinstance(text, str) for text in (wake_up.project, wake_up.version))
        if wake_up.step not in get_args(Step) or not texts or type(wake_up.part) is not int:
            raise Rejected(_NO_WAKE_UP)
        return wake_up


def _read[T](kind: type[T], body: str) -> T:
    try:
        return kind(**json.loads(body))
    except (TypeError, ValueError, RecursionError):
        raise Rejected(_NO_WAKE_UP) from None
