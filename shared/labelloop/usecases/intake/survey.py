"""Survey a project: walk over all its tasks in Label Studio, and find what no event reported.

One walk serves the pool and the labels. Each page is taken in, then the walk's state is stored: a
walk that is killed or out of time goes on after the last page, and a page that is taken in twice
changes nothing the second time. A walk over all pages has mended what can be mended, so a
difference that was there before it and stays is no reason for another walk.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from labelloop.bucket.pointers import Tagged
from labelloop.bucket.pool_index import PoolIndex
from labelloop.bucket.project import Project
from labelloop.bucket.surveys import Survey
from labelloop.domain.intake.events import Event, canonical, text_of
from labelloop.errors import Conflict
from labelloop.labelstudio.fields import read_settings
from labelloop.labelstudio.project import COUNTS, StudioProject, Surveyed
from labelloop.messages import RankWakeUp
from labelloop.observability import count, logger
from labelloop.ports import Clock, ObjectStore, Queue, utc_now
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.intake.compare_page import KnownRows, readable, without_deletes
from labelloop.usecases.intake.reconcile import ALL_ABOVE

_ANYWAY: Final = timedelta(days=1)
# While events wait, both sides count differently: that alone is no reason for walk after walk.
_BUSY: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)


class Progress(StrEnum):
    """The outcome of a turn."""

    LEFT_TO_HOLDER = "left to the worker that holds it"
    UNFINISHED = "to be continued"
    FINISHED = "finished"


@dataclass(frozen=True, kw_only=True)
class SurveyDeps:
    """What surveying needs from outside."""

    store: ObjectStore
    train_queue: Queue
    rank_queue: Queue
    clock: Clock = utc_now


def is_due(
    studio: StudioProject, deps: SurveyDeps, on_reading: Callable[[], None] = lambda: None
) -> bool:
    """Say whether a project is to be surveyed: once a day, on request, and where counts differ.

    `on_reading`: called before its dataset and pool are read.
    """
    project, now = Project(deps.store, studio.key), deps.clock()
    stored = project.surveys.state()
    state = stored.value
    if state.began or state.asked or _age(state.ended, now) >= _ANYWAY:
        return True
    theirs = studio.settings(counted=True)
    numbers = _numbers(theirs, project)
    if numbers == state.settled:
        return False
    if _age(state.ended, now) < _BUSY and project.has_pending():
        return False
    on_reading()
    differs = _difference(theirs, project, project.pool_index.whole())
    if differs and differs != state.differed:
        return True
    try:
        project.surveys.swap(stored, replace(state, settled=numbers, differed=differs))
    except Conflict:  # a walk began, or was requested: the next check sees it
        return False
    return False


def survey(studio: StudioProject, deps: SurveyDeps, until: datetime) -> Progress:
    """Walk on until a time, a page at least; return the outcome."""
    project, me = Project(deps.store, studio.key), uuid4().hex
    stored, now = project.surveys.state(), deps.clock()
    if stored.value.is_held(now):
        return Progress.LEFT_TO_HOLDER
    try:
        begun = _begun(stored.value, project, studio, deps, until)
        state = project.surveys.swap(stored, begun.held(me, deps.clock()))
        return _Walk(project, studio, deps, me, state).until(until)
    except Conflict:
        return Progress.LEFT_TO_HOLDER


def _begun(
    state: Survey, project: Project, studio: StudioProject, deps: SurveyDeps, until: datetime
) -> Survey:
    """Return the state of the walk under way, or of a new one with the difference of both sides."""
    if state.began:
        return state
    now, theirs = deps.clock(), studio.settings(counted=True)
    index = project.pool_index.whole(lambda: deps.clock() < until)
    differs = _difference(theirs, project, index) if index else ""
    return state.begun(now, _numbers(theirs, project), differs)


class _Walk:
    """One turn of a walk. Pool and dataset are read before its first page is."""

    def __init__(
        self,
        project: Project,
        studio: StudioProject,
        deps: SurveyDeps,
        holder: str,
        state: Tagged[Survey],
    ) -> None:
        self._project, self._studio, self._deps = project, studio, deps
        self._me, self._state = holder, state
        self._accepting = AcceptDeps(
            store=deps.store, train_queue=deps.train_queue, clock=deps.clock, quiet_s=0
        )

    def until(self, end: datetime) -> Progress:
        """Take in pages until a time is over, one at least."""

        def has_time() -> bool:
            return self._deps.clock() < end

        try:
            index = self._project.pool_index.whole(has_time)
            if index is None:
                return Progress.UNFINISHED
            self._known = KnownRows(self._project, index)
            while self._state.value.after < ALL_ABOVE:
                self._take_next()
                if self._state.value.after < ALL_ABOVE and not has_time():
                    return Progress.UNFINISHED
            self._finish()
            return Progress.FINISHED
        finally:
            self._rest()

    def _take_next(self) -> None:
        after, asked_at = self._state.value.after, self._deps.clock()
        page = self._studio.survey(after, self._known.has_labels)
        as_of = (page.as_of or asked_at) - _SECOND
        upto = ALL_ABOVE if page.upto is None else page.upto
        is_partial = self._state.value.is_partial or self._is_short(page)
        rows = readable(page.tasks, page.settings, text_of(asked_at))
        new = [one for row in rows if (one := self._known.index.as_new(row)) is not None]
        if new:
            self._project.pool.add_surveyed(self._state.value.began, after, new)
        event = self._known.event(page, (after, upto), rows, as_of, self._deps.clock())
        if is_partial:
            event = without_deletes(event)
        if event:
            self._count_lost(event)
            accept(event, self._accepting)
        state = replace(self._state.value, after=upto, is_partial=is_partial)
        if new or event:  # what differs once this is learnt is not known yet
            state = replace(state, differed="")
        state = replace(state, listed=state.listed + len(page.tasks), found=state.found + len(new))
        self._note(state.held(self._me, self._deps.clock()))

    def _count_lost(self, event: Event) -> None:
        """Count the labels that no event reported; not those on their way, nor the first ones."""
        found = len(event.annotations) + len(event.deleted_annotations)
        lost = found - len(self._project.pending())
        if lost > 0 and self._project.pool.is_listed():
            count("LabelsFoundLate", lost, project=self._studio.key)

    def _is_short(self, page: Surveyed) -> bool:
        """Say whether fewer tasks are listed than counted, other than by a delete meanwhile."""
        listed = self._state.value.listed + page.left
        if listed >= page.counted:
            return False
        return listed < (self._studio.settings(counted=True).get("task_number") or 0)

    def _finish(self) -> None:
        """Have the new tasks ranked, then note the end: killed in between, it is done again."""
        pool, state = self._project.pool, self._state.value
        is_first = not pool.is_listed()
        pool.set_listed()
        if state.found or is_first:
            self._deps.rank_queue.send(RankWakeUp(self._studio.key), 0)
        if state.is_partial:
            logger().error("fewer tasks listed than counted", extra={"project": self._studio.key})
            count("LabelStudioNotReconciled")
        self._note(state.done(self._deps.clock()))
        facts = {"project": self._studio.key, "tasks": state.listed, "found": state.found}
        logger().info("project surveyed", extra=facts)

    def _rest(self) -> None:
        """Let others go on at once."""
        if self._state.value.holder == self._me:
            with suppress(Conflict):  # another worker took over
                self._note(replace(self._state.value, holder="", until=0.0))

    def _note(self, state: Survey) -> None:
        """Store the state; Conflict if another worker took over; a request for a walk is none."""
        try:
            self._state = self._project.surveys.swap(self._state, state)
        except Conflict:
            stored = self._project.surveys.state()
            if stored.value.holder != self._me:
                raise
            state = replace(state, asked=stored.value.asked)
            self._state = self._project.surveys.swap(stored, state)


def _numbers(theirs: Mapping[str, Any], project: Project) -> str:
    """Return numbers that identify the states of both sides: if equal, no walk is needed again."""
    config = sha256(canonical([theirs.get("label_config"), read_settings(theirs)]).encode())
    ours = [project.dataset_pointer().value.sha256, len(project.pool.shards())]
    return canonical([[theirs.get(name) for name in COUNTS], config.hexdigest()[:16], ours])


def _difference(theirs: Mapping[str, Any], project: Project, index: PoolIndex | None) -> str:
    """Return how the counts and the settings of both sides differ; "" if they don't."""
    dataset = project.dataset(project.dataset_pointer().value)
    live = dataset.live_annotations()
    skipped = sum(one.skipped for one in live)
    tasks = len(index.tasks.keys() - dataset.deleted_tasks.keys()) if index else 0
    settings = [theirs.get("label_config"), read_settings(theirs)]
    our_settings = [dataset.label_config, dataset.settings]
    is_set_same = dataset.label_config is None or our_settings == settings
    ours = [tasks, len(live) - skipped, skipped]
    off = [number - (theirs.get(name) or 0) for number, name in zip(ours, COUNTS, strict=True)]
    if is_set_same and not any(off):
        return ""
    return canonical([off, "" if is_set_same else sha256(canonical(settings).encode()).hexdigest()])


def _age(time: str, now: datetime) -> timedelta:
    """Return how long ago a time was; very long if it is none."""
    try:
        return now - datetime.fromisoformat(time)
    except (TypeError, ValueError):
        return timedelta.max
