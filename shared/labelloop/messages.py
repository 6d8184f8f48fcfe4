"""What travels on the queue: wake-ups, never data."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self, get_args

from labelloop.errors import Rejected

Reason = Literal["event", "start_training", "sweep"]


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
        try:
            wake_up = cls(**json.loads(body))
        except (TypeError, ValueError, RecursionError):
            raise Rejected("the message is not a wake-up") from None
        texts = (wake_up.project, wake_up.event)
        if wake_up.reason not in get_args(Reason) or not all(isinstance(t, str) for t in texts):
            raise Rejected("the message is not a wake-up")
        return wake_up
