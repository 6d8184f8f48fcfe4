"""Delete superseded versions' predictions from Label Studio, and keep no annotator waiting.

To keep them costs almost nothing: with 1,000 tasks and predictions of 40 versions each, a label
takes 0.17 s instead of 0.15. To delete them is expensive: a version's predictions go row by row in
one transaction, which locks a SQLite database for 5 to 10 s a thousand; and each single delete may
make an annotator's submit fail ("database is locked"). So the newest order is pushed first, and
deletes wait until nobody has labelled for a while. Only beyond a bound they are done while people
label, one by one, seconds at a time with rests between.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final

from labelloop.domain.version import UNTRAINED
from labelloop.labelstudio.project import StudioProject
from labelloop.ports import ProjectState
from labelloop.usecases.ordering.push import RankOutcome

_REST: Final = timedelta(minutes=10)
_BUDGET: Final = timedelta(seconds=5)  # of deleting while people label
_BUDGET_AT_REST: Final = timedelta(seconds=100)  # of a function's 300 s; a version takes up to 60


@dataclass(frozen=True)
class TrimLimits:
    """How many superseded predictions are left while people label; and deleted between looks."""

    superseded: int = 20_000  # twenty versions of `QueueLength` tasks
    at_once: int = 5


TRIM_LIMITS: Final = TrimLimits()


@dataclass(frozen=True)
class Trim:
    """What deleting works with. `may_go_on` says that no newer order is being made or pushed."""

    project: ProjectState
    studio: StudioProject
    clock: Callable[[], datetime]
    may_go_on: Callable[[], bool]
    limits: TrimLimits = TRIM_LIMITS

    def run(self, version: str) -> RankOutcome:
        """Delete the predictions of the project's versions, but this one's and those shown.

        Predictions that others made stay. Idempotent. Ends early: TRIMMING when its time is over,
        WAITING while people label and little is superseded, SUPERSEDED when it may not go on.
        """
        keep = (version, self.studio.settings().get("model_version"))
        counts = self.studio.prediction_counts()
        # By the stored names, not by their form: others may name theirs as we do.
        ours = {UNTRAINED, *self.project.all_versions()} if counts.keys() - set(keep) else set()
        superseded = {name: n for name, n in counts.items() if name in ours and name not in keep}
        if not superseded:
            return RankOutcome.TRIMMED
        if self._is_at_rest():
            return self._at_rest(sorted(superseded))
        return self._while_people_label(superseded)

    def _at_rest(self, versions: Iterable[str]) -> RankOutcome:
        end = self.clock() + _BUDGET_AT_REST
        for version in versions:
            if not self.may_go_on():
                return RankOutcome.SUPERSEDED
            if self.clock() > end or not self._is_at_rest():
                return RankOutcome.TRIMMING
            self.studio.delete_predictions(version)
        return RankOutcome.TRIMMED

    def _while_people_label(self, superseded: Mapping[str, int]) -> RankOutcome:
        excess = sum(superseded.values()) - self.limits.superseded
        if excess <= 0:
            return RankOutcome.WAITING
        end = self.clock() + _BUDGET
        rows = rows_of(superseded, self.studio.predictions())[:excess]
        for batch in batched(rows, self.limits.at_once, strict=False):
            if not self.may_go_on():
                return RankOutcome.SUPERSEDED
            if self.clock() > end:
                return RankOutcome.TRIMMING
            for row in batch:
                self.studio.delete_prediction(row)
        return RankOutcome.WAITING

    def _is_at_rest(self) -> bool:
        return self.clock() - self.project.changed_at() > _REST


def rows_of(versions: Collection[str], predictions: Iterable[dict[str, Any]]) -> list[int]:
    """Return the ids of the predictions of some versions, oldest first."""
    return sorted(one["id"] for one in predictions if one["model_version"] in versions)
