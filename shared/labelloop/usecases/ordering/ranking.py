"""The steps of ranking one project by one version: plan, score, place, and push if connected.

A ranking holds what its steps need: the project, its version, and the outside.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Final

from labelloop.bucket.features import DAMAGED
from labelloop.bucket.lease import PUSHER, TRIMMER
from labelloop.bucket.pool import Ranked
from labelloop.bucket.project import Project
from labelloop.bucket.unread import NEVER, UnreadTasks
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.errors import Retryable
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp, Step
from labelloop.observability import logger
from labelloop.ports import Clock, LabelStudio, ObjectStore, Queue, utc_now
from labelloop.recipes.built_in import is_imported
from labelloop.recipes.tools import Looking
from labelloop.usecases.intake.survey import Progress, SurveyDeps, survey
from labelloop.usecases.learning.vectors import Unfinished
from labelloop.usecases.ordering.first_order import (
    dataset_with_config,
    forget_other_inputs,
    inputs_now,
    inputs_of,
)
from labelloop.usecases.ordering.limits import LIMITS, Limits
from labelloop.usecases.ordering.push import RankOutcome, push
from labelloop.usecases.ordering.score import Scene, blinded, placed, shortlist_of
from labelloop.usecases.ordering.trim import Trim
from labelloop.usecases.serving.serve import Versions

_LEASE_S: Final = 90  # twice what a long push takes: a killed worker keeps others waiting that long
_NEXT_TRY_S: Final = 2  # of a push: people wait for it
_REST_S: Final = 15  # between times of deleting while people label
_TURN: Final = timedelta(seconds=60)  # of a survey: others wait for their order
_SURVEYED: Final = {
    Progress.LEFT_TO_HOLDER: RankOutcome.LEFT_TO_HOLDER,
    Progress.UNFINISHED: RankOutcome.UNFINISHED,
    Progress.FINISHED: RankOutcome.SURVEYED,
}


@dataclass(frozen=True, kw_only=True)
class RankDeps:
    """What ranking needs from outside; and what the deployment chose.

    `label_studio` returns None where none is connected.
    """

    store: ObjectStore
    train_queue: Queue  # a survey may bring labels
    rank_queue: Queue
    versions: Callable[[], Versions]
    tools: Callable[[], Looking]
    label_studio: Callable[[], LabelStudio | None]
    clock: Clock = utc_now

    strategy: str
    queue_length: int
    keeps_predictions: bool
    is_blind: bool  # whether the random share comes without a suggestion
    limits: Limits = LIMITS


@dataclass(frozen=True)
class Ranking:
    """The ranking of a project by its active version. `studio` is None where none is connected."""

    project: Project
    version: str
    studio: StudioProject | None
    deps: RankDeps

    def plan(self, *, retries: bool = False) -> RankOutcome:
        """Cut the pool into parts; ask for the missing scores, or else for the push.

        A part with tasks that could not be read is scored again once their time has come, or, with
        `retries`, at once.
        """
        pool, inputs = self.project.pool, self._inputs_now()
        alone = self.project.lease(PUSHER).held(self._now_s(), _LEASE_S)
        if not forget_other_inputs(self.version, inputs, pool, self.studio, alone):
            self._ask_for("plan", delay_s=_NEXT_TRY_S)
            return RankOutcome.LEFT_TO_HOLDER
        is_slow = is_imported(self.project.active().value.recipe)
        shards = 1 if is_slow else self.deps.limits.shards_in_a_part  # nobody knows its graph
        parts = pool.plan(self.version, shards)
        missing = set(range(len(parts))) - pool.scored_parts(self.version, inputs)
        self.project.unread.forget_others(self.version, inputs)
        due = self.project.unread.due(self.version, inputs, self._due_by(retries)) - missing
        for part in sorted(missing | due):
            self._ask_for("retry" if retries and part in due else "score", part)
        if parts and not missing | due:
            self._ask_for("push")
        if not parts:
            self.project.orders.add(self.version, [])
            if self.studio is not None:
                pool.set_ranked(self.version)
        return RankOutcome.PLANNED

    def score(self, part: int, *, retries: bool = False) -> RankOutcome:
        """Score one part, once; if all parts are scored, ask for the push of so many."""
        pool = self.project.pool
        parts, inputs = pool.parts(self.version), self._inputs_now()
        due_by = self._due_by(retries)
        if part < len(parts) and self._is_to_be_scored(part, inputs, due_by):
            scene = replace(self._scene(), due_by=due_by)
            inputs = self._inputs_of(scene)
            try:
                size, budget_s = self.deps.queue_length, self.deps.limits.encoding_s
                scored = shortlist_of(parts[part], pool, scene, size, len(parts), budget_s)
            except Unfinished:  # what was encoded is stored, so the next try goes on from there
                self._ask_for("score", part)
                raise
            self._store_part(part, inputs, *scored)
            if inputs != self._inputs_now():  # changed meanwhile
                self._ask_for("plan")
        if parts and pool.scored_parts(self.version, inputs).issuperset(range(len(parts))):
            self._ask_for("push", len(parts))
        return RankOutcome.SCORED

    def _is_to_be_scored(self, part: int, inputs: str, due_by: float) -> bool:
        if part not in self.project.pool.scored_parts(self.version, inputs):
            return True
        return part in self.project.unread.due(self.version, inputs, due_by)

    def _store_part(
        self, part: int, inputs: str, shortlist: Shortlist, unread: UnreadTasks
    ) -> None:
        """Store a part; over one that was scored before only if more of its tasks can be read."""
        pool, notes = self.project.pool, self.project.unread
        still = {one.task for one in unread.tasks}
        if notes.of(self.version, inputs, part) - still:
            if self.studio is not None:
                pool.set_ranked("")  # so that the sweep sends wake-ups until it is pushed
            pool.forget_part(self.version, part, inputs)
        pool.add_part(self.version, part, shortlist.to_bytes(), inputs)
        notes.note(self.version, inputs, part, unread)

    def place(self) -> list[Ranked]:
        """Put the candidates of all parts in order; store and return the queue."""
        scene, key = self._scene(), self.project.key
        inputs = self._inputs_of(scene)
        parts = self._candidates(inputs)
        queue = (
            placed(parts, scene, self.deps.strategy, self.deps.queue_length, key) if parts else []
        )
        queue = blinded(queue, key) if self.deps.is_blind else queue
        self.project.orders.add(self.version, queue)
        return queue

    def _candidates(self, inputs: str) -> list[Shortlist]:
        """Return the shortlists of the parts; if one can't be read, all are scored anew."""
        pool = self.project.pool
        if pool.parts(self.version) and not pool.scored(self.version, inputs):
            self._ask_for("plan")  # an earlier release scored them, in files of its own
            raise Unfinished("no part is scored yet")
        try:
            stored = pool.candidates(self.version, inputs)
            return [Shortlist.from_bytes(body) for body in stored]
        except DAMAGED as exc:
            if self.studio is not None:
                pool.set_ranked("")  # else what is scored anew would count as pushed
            self._ask_for("plan", delay_s=_NEXT_TRY_S)
            pool.forget_parts(self.version, {inputs})
            raise Unfinished("a part cannot be read; all are scored anew") from exc

    def _scene(self) -> Scene:
        # Read now, not from memory: a wake-up that fails returns only after half an hour.
        served = self.deps.versions().of(self.project.key, 0.0)
        if served.version != self.version:
            raise Retryable(f"version {self.version} is not served here yet")
        dataset, tools = dataset_with_config(self.project, self.studio), self.deps.tools()
        if served.model is not None and served.model.encoder:
            tools = tools.beside(served.model.encoder)
        else:
            tools = tools.chosen(self._chosen_encoder())
        return Scene(served, dataset, self.project, tools, self._now_s())

    def _inputs_of(self, scene: Scene) -> str:
        return inputs_of(self.version, scene.dataset, self._chosen_encoder())

    def _chosen_encoder(self) -> str | None:
        return self.project.options().value.encoder

    def _inputs_now(self) -> str:
        return inputs_now(self.version, self.project, self.studio)

    def _due_by(self, retries: bool) -> float:
        """Return up to which time parts are to be tried again: now, or all that ever are."""
        return NEVER - 1 if retries else self._now_s()

    def _now_s(self) -> float:
        return self.deps.clock().timestamp()

    def _ask_for(self, step: Step, part: int = 0, delay_s: int = 0) -> None:
        self.deps.rank_queue.send(RankWakeUp(self.project.key, step, self.version, part), delay_s)


@dataclass(frozen=True)
class ConnectedRanking(Ranking):
    """The ranking of a project whose Label Studio is connected, for surveys and pushes."""

    studio: StudioProject

    def survey(self, turn: int) -> RankOutcome:
        """Compare with Label Studio for a while, and go on later. Turn 0 begins a new walk.

        Once all tasks are compared the project is ranked, by a step of its own.
        """
        deps, now = self.deps, self.deps.clock()
        if turn == 0 and self.project.pool.is_listed():  # else the first walk is still to end
            self.project.surveys.ask(now)
        surveying = SurveyDeps(
            store=deps.store,
            train_queue=deps.train_queue,
            rank_queue=deps.rank_queue,
            clock=deps.clock,
        )
        progress = survey(self.studio, surveying, now + _TURN)
        if progress is Progress.UNFINISHED:
            deps.rank_queue.send(RankWakeUp(self.project.key, "survey", part=turn + 1), 0)
        return _SURVEYED[progress]

    def push(self, parts: int) -> RankOutcome:
        """Push, unless another push is running: two at once would store all twice.

        If one is, a wake-up tries again later: the other may be dead, or push an older version. A
        push of so many parts is done once, though each repeated score step asks for it.
        """
        with self.project.lease(PUSHER).held(self._now_s(), _LEASE_S) as is_mine:
            if is_mine and 0 < parts <= self.project.pool.pushed_parts(self.version):
                return RankOutcome.PUSHED
            if is_mine:
                return self._push_alone()
            self._ask_for("push", parts, _NEXT_TRY_S)
            return RankOutcome.LEFT_TO_HOLDER

    def _push_alone(self) -> RankOutcome:
        pool, version = self.project.pool, self.version
        scored = pool.scored_parts(version, self._inputs_now())
        parts = next(part for part in count() if part not in scored)
        queue = self.place()
        at_once = self.deps.limits.predictions_at_once
        outcome = push(self.project, version, queue, self.studio, at_once)
        if outcome is not RankOutcome.SUPERSEDED:
            leaves = outcome is RankOutcome.REFUSED or self._keeps_predictions()
            pool.forget_ranks(keep=version)
            pool.set_ranked(version, trimmed=leaves, parts=parts)  # last: it stops a second run
            if not leaves:
                self._ask_for("trim")
        facts = {"project": self.project.key, "version": version, "tasks": len(queue)}
        logger().info("ranking pushed", extra=facts | {"outcome": outcome})
        return outcome

    def trim(self) -> RankOutcome:
        """Delete superseded predictions for a while, never during a push; the sweep asks again."""
        pool, version = self.project.pool, self.version
        if pool.ranked()[0] != version or self._keeps_predictions():
            return RankOutcome.SUPERSEDED
        # One at a time, rests included: the sweep sends a wake-up, though one may be on its way.
        trimming = self.project.lease(TRIMMER)
        with trimming.held(self._now_s(), _LEASE_S) as is_mine:
            if not is_mine:
                return RankOutcome.LEFT_TO_HOLDER
            clock, limits = self.deps.clock, self.deps.limits.trim
            trim = Trim(self.project, self.studio, clock, self._may_trim, limits)
            outcome = trim.run(version)
            if outcome is RankOutcome.TRIMMING:
                trimming.rest(self._now_s(), _REST_S)
        if outcome is RankOutcome.TRIMMED:
            pool.set_ranked(version, trimmed=True, parts=pool.pushed_parts(version))
        elif outcome is RankOutcome.TRIMMING:
            self._ask_for("trim", delay_s=_REST_S)
        return outcome

    def _may_trim(self) -> bool:
        """Say whether no newer order is being made or pushed."""
        is_newest = self.project.active_version() == self.version
        return is_newest and not self.project.lease(PUSHER).is_held(self._now_s())

    def _keeps_predictions(self) -> bool:
        deletes = self.project.options().value.delete_predictions
        return self.deps.keeps_predictions if deletes is None else not deletes
