"""How many labels wait to be learnt, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labelloop.bucket.project import Project
from labelloop.ports import Listed


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events that are not folded yet, and the age in seconds of the oldest label not learnt."""

    events: int = 0
    age_s: float = 0.0

    def joined(self, other: "Waiting") -> "Waiting":
        """Return what waits in both."""
        return Waiting(self.events + other.events, max(self.age_s, other.age_s))


def waiting_labels(pending: Sequence[Listed], behind: Project | None, now: datetime) -> Waiting:
    """Return what waits in a project. `pending`: its events, oldest first.

    `behind`: the project if no training has judged its newest snapshot yet. One that fails again
    and again leaves the labels there, where no event shows them.
    """
    unlearnt = behind.snapshots.after(behind.active().value.dataset_seq) if behind else []
    times = [one.stored_at for one in (*pending[:1], *unlearnt)]
    return Waiting(len(pending), max(0.0, (now - min(times, default=now)).total_seconds()))
