"""The messages in the train and rank queues: wake-ups, never data."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal, Protocol, Self, get_args

from labelloop.errors import Rejected

Reason = Literal["event", "start_training", "sweep", "options", "repair"]
Step = Literal["survey", "plan", "score", "retry", "push", "trim"]
_NO_WAKE_UP: Final = "the message is not a wake-up"


class Message(Protocol):
    """Anything that can wait in a queue."""

    @property
    def project(self) -> str:
        """The key of the project that the message is about."""
        ...

    def to_json(self) -> str:
        """Return the body of the message."""
        ...


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A project is to be looked at. `event` names the stored event that caused it, if one did."""

    project: str
    reason: Reason
    event: str = ""

    def to_json(self) -> str:
        """Return the body of the message."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Return the wake-up in a message's body; Rejected if there is none."""
        wake_up = _read(cls, body)
        texts = (wake_up.project, wake_up.event)
        if wake_up.reason not in get_args(Reason) or not all(isinstance(t, str) for t in texts):
            raise Rejected(_NO_WAKE_UP)
        return wake_up


@dataclass(frozen=True, slots=True)
class RankWakeUp:
    """One step of ranking a project's pool: survey it, plan the parts, score one, push, trim.

    To retry a part is to score it with what could not be read, though its time has not come.

    `version` names the version to rank by, empty for the active one. `part` is, by step: the number
    of the part to score or to retry, from 0; the turn of a survey, where turn 0 requests a new one;
    for a plan, 1 to have such parts retried; for a push, how many parts are scored, 0 if that is
    not known.
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
        """Return the wake-up in a message's body; Rejected if there is none."""
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
