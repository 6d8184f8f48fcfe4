"""Delete superseded versions' predictions from Label Studio, and keep no annotator waiting.

Lying there they cost people next to nothing: of 1,000 tasks with predictions of 40 versions each, a
label takes 0.17 s instead of 0.15. Deleting costs: a version's predictions go row by row in one
transaction, which locks a SQLite database for 5 to 10 s a thousand; and each single delete may make
an annotator's submit fail ("database is locked"). So the newest order goes first, and deletes wait
until nobody has labelled for a while. Only beyond a bound they go beside people, one by one,
seconds at a time with rests between.
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

MOST_SUPERSEDED: Final = 20_000  # while people label; twenty versions of `QueueLength` tasks
_REST: Final = timedelta(minutes=10)
_BUDGET: Final = timedelta(seconds=5)  # of deleting beside people
_BUDGET_AT_REST: Final = timedelta(seconds=100)  # of a function's 300 s; a version takes up to 60
_BETWEEN_LOOKS: Final = 5


@dataclass(frozen=True)
class Trim:
    """What deleting works with. `may_go_on` says that no newer order is being made or pushed."""

    project: ProjectState
    studio: StudioProject
    clock: Callable[[], datetime]
    may_go_on: Callable[[], bool]

    def run(self, version: str) -> RankOutcome:
        """Delete all versions of the project's but this one; what is shown, or of others, stays.

        Idempotent. Ends early: TRIMMING when its time is over, WAITING while people label and
        little is superseded, SUPERSEDED when it may not go on.
        """
        keep = (version, self.studio.settings().get("model_version"))
        known = self.studio.prediction_counts()
        # Not by the look of a name: others may name theirs as we do.
        ours = {UNTRAINED, *self.project.versions()} if known.keys() - set(keep) else set()
        found = {one: known[one] for one in known if one in ours and one not in keep}
        if not found:
            return RankOutcome.TRIMMED
        return self._at_rest(sorted(found)) if self._is_at_rest() else self._beside_people(found)

    def _at_rest(self, versions: Iterable[str]) -> RankOutcome:
        end = self.clock() + _BUDGET_AT_REST
        for one in versions:
            if not self.may_go_on():
                return RankOutcome.SUPERSEDED
            if self.clock() > end or not self._is_at_rest():
                return RankOutcome.TRIMMING
            self.studio.delete_predictions(one)
        return RankOutcome.TRIMMED

    def _beside_people(self, found: Mapping[str, int]) -> RankOutcome:
        excess = sum(found.values()) - MOST_SUPERSEDED
        if excess <= 0:
            return RankOutcome.WAITING
        end = self.clock() + _BUDGET
        rows = rows_of(found, self.studio.predictions())[:excess]
        for some in batched(rows, _BETWEEN_LOOKS, strict=False):
            if not self.may_go_on():
                return RankOutcome.SUPERSEDED
            if self.clock() > end:
                return RankOutcome.TRIMMING
            for row in some:
                self.studio.delete_prediction(row)
        return RankOutcome.WAITING

    def _is_at_rest(self) -> bool:
        return self.clock() - self.project.changed_at() > _REST


def rows_of(versions: Collection[str], predictions: Iterable[dict[str, Any]]) -> list[int]:
    """Return those predictions that are of some versions, oldest first."""
    return sorted(one["id"] for one in predictions if one["model_version"] in versions)
