"""Learn what was labelled: fold events into a dataset, train a version on it, serve it.

Idempotent: a wake-up that arrives twice, late or out of order finds its work done. It may be killed
anywhere and may race with itself: snapshots and versions are written under keys of their own, and
the two pointers move by compare-and-swap, only ever to something newer.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum
from itertools import batched
from typing import Final

from labelloop.bucket.lease import TRAINER
from labelloop.bucket.pointers import DatasetPointer
from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project
from labelloop.bucket.races import won
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.learning.examples import examples_of
from labelloop.domain.learning.policy import SMALL, Patience, can_leave_to_a_later_event
from labelloop.errors import BadRecipe, Conflict, Damaged, Unavailable, Unprocessable, Unreached
from labelloop.labelstudio.payloads import project_key
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.observability import count, logger
from labelloop.ports import Listed
from labelloop.usecases.intake.mend import may_lack_labels, mend
from labelloop.usecases.judging.settle import settle
from labelloop.usecases.learning.import_version import reordered, take_imports
from labelloop.usecases.learning.train_version import TrainDeps, train_version
from labelloop.usecases.learning.vectors import Unfinished
from labelloop.usecases.ordering.first_order import is_outdated
from labelloop.usecases.serving.restore_active import restore_active

__all__ = ["TrainDeps", "TrainOutcome", "train"]

_EVENTS_AT_ONCE: Final = 2_000  # some 6 MB
_READERS: Final = 24
_LEASE_S: Final = 60  # a longer training may be done twice, which costs money and nothing else


class TrainOutcome(StrEnum):
    """The outcome of a wake-up."""

    LEFT_TO_LATER = "left to a later event"
    LEFT_TO_HOLDER = "left to the trainer at work"
    LEFT_TO_REBUILD = "labels were lost, left until they are compared with Label Studio's"
    PUT_OFF = "put off: it did not end, several times"
    LEFT_TO_SWEEP = "encoded in part, or images out of reach: left to the sweep"
    RECIPE_FAILED = "put off: the recipe fails"
    UP_TO_DATE = "up to date"
    SWITCHED = "switched"


def train(wake_up: WakeUp, deps: TrainDeps) -> TrainOutcome:
    """Bring a project up to date; return the outcome. Retryable after too many lost races."""
    project = Project(deps.store, project_key(wake_up.project))
    try:
        return won(lambda: _attempt(wake_up, project, deps), "the dataset, or what is made of it")
    except BadRecipe as exc:  # it fails again, so the message need not come back
        project.lease(TRAINER).fail(deps.clock().timestamp(), str(exc))
        facts = {
            "project": project.key,
            "why": str(exc).partition(":")[0],
        }  # the rest may be a text
        logger().error("recipe failed", extra=facts)
        count("TrainingFailed")
        return TrainOutcome.RECIPE_FAILED


def _attempt(wake_up: WakeUp, project: Project, deps: TrainDeps) -> TrainOutcome:
    # Before the events are listed, so that those of a comparison that just ended are among them.
    is_held = not _is_asked(wake_up) and may_lack_labels(project, deps.clock())
    pending = project.pending()
    if _can_leave(wake_up, pending, project, deps):
        return TrainOutcome.LEFT_TO_LATER
    try:
        _demand_whole(project, is_read=wake_up.reason == "repair")
        is_to_be_ranked = _fold_pending(project, pending, deps)
        if is_held:
            return TrainOutcome.LEFT_TO_REBUILD
        if _is_asked(wake_up) and _imported(project, deps):
            _ask_for_ranking(project, deps)
        outcome = _catch_up(project, deps, is_asked=_is_asked(wake_up))
        if settle(project, deps.clock()):
            outcome = TrainOutcome.SWITCHED
            _ask_for_ranking(project, deps)
    except Damaged as exc:
        mend(project, str(exc), deps.clock())
        raise Conflict("the dataset is another one, as it was mended") from exc
    except (Unfinished, Unreached) as exc:
        logger().info("training put off", extra={"project": project.key, "why": str(exc)})
        return TrainOutcome.LEFT_TO_SWEEP
    # By what is stored, not by the event: it may be folded by a trainer that was killed since.
    is_to_be_ranked = is_to_be_ranked or is_outdated(project)
    if is_to_be_ranked and outcome is not TrainOutcome.SWITCHED:
        _ask_for_ranking(project, deps)
    return outcome


def _demand_whole(project: Project, *, is_read: bool) -> None:
    """Raise Damaged if the newest snapshot is unknown, or with `is_read` if it can't be read."""
    if why := project.snapshots.damage():
        raise Damaged(why)
    if is_read:
        project.snapshots.read(project.dataset_pointer().value)


def _ask_for_ranking(project: Project, deps: TrainDeps) -> None:
    """Have the pool ranked by the new version. If the wake-up is lost, the sweep sends another."""
    if not deps.is_connected and not project.pool.sent():
        return
    try:
        version = project.active().value.version
        deps.rank_queue.send(RankWakeUp(project.key, version=version), 0)
    except Unavailable:
        logger().warning("ranking not asked for", extra={"project": project.key})


def _can_leave(wake_up: WakeUp, pending: list[Listed], project: Project, deps: TrainDeps) -> bool:
    if wake_up.reason != "event":
        return False
    own = (one.stored_at for one in pending if project.is_event(one, wake_up.event))
    times = [one.stored_at for one in pending]
    patience = _patience(project, deps) if times else deps.patience
    return can_leave_to_a_later_event(next(own, None), times, deps.clock(), patience)


def _patience(project: Project, deps: TrainDeps) -> Patience:
    """Return the patience: how many events are enough, each taken for a label, as most are."""
    pointer = project.dataset_pointer().value
    has_model = project.active().value.is_trained
    if has_model or pointer.annotations >= SMALL:
        return deps.patience.after(pointer.annotations)
    wanted = deps.min_labels - _usable(project.dataset(pointer), deps)
    return deps.patience.after(pointer.annotations, wanted)


def _usable(dataset: Dataset, deps: TrainDeps) -> int:
    try:
        control = deps.control_of(dataset.label_config or "")
        return len(examples_of(dataset, control).labels)
    except (Unprocessable, BadRecipe):
        return 0


# -- events to dataset -----------------------------------------------------------------------


def _fold_pending(project: Project, pending: list[Listed], deps: TrainDeps) -> bool:
    """Fold pending events; return whether to rank: there are new tasks, or a first label config.

    If a Label Studio is connected, ranking reads the label config there itself.
    """
    is_to_be_ranked = False
    for batch in batched(pending, _EVENTS_AT_ONCE, strict=False):
        after = project.dataset_pointer()
        dataset = project.snapshots.read(after.value)
        lacks_config = dataset.label_config is None and not deps.is_connected
        events = _read_events(project, batch)
        folded = fold(dataset, events)
        project.add_dataset(after, folded)
        project.forget(list(batch))
        is_to_be_ranked |= any(event.action == "TASKS_CREATED" for event in events)
        is_to_be_ranked |= lacks_config and folded.label_config is not None
    return is_to_be_ranked


def _read_events(project: Project, batch: Sequence[Listed]) -> list[Event]:
    """Return the events that are still stored; what is no event is quarantined."""
    with ThreadPoolExecutor(_READERS) as readers:
        bodies = readers.map(project.read, batch)
        read = ((one, body) for one, body in zip(batch, bodies, strict=True) if body is not None)
        understood = ((one, _understood(project, one, body)) for one, body in read)
        pool = project.pool
        return [
            _to_pool(pool, project.event_name(one), event) for one, event in understood if event
        ]


def _to_pool(pool: Pool, name: str, event: Event) -> Event:
    """Put new tasks into the pool: a dataset holds the tasks that somebody has labelled."""
    if event.action != "TASKS_CREATED":
        return event
    pool.add(name, event.tasks)
    return replace(event, tasks=())


def _understood(project: Project, listed: Listed, body: bytes) -> Event | None:
    try:
        return Event.from_json(body)
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        project.quarantine(listed, body, f"{type(exc).__name__}: not an event")
        logger().error("event quarantined", extra={"key": listed.key})
        count("EventQuarantined")
        return None


# -- dataset to version ----------------------------------------------------------------------


def _is_asked(wake_up: WakeUp) -> bool:
    """Say whether a person requested the training, not Label Studio with an event.

    Label Studio sends START_TRAINING by itself too, as labels are saved.
    """
    return wake_up.reason == "start_training" and not wake_up.event


def _imported(project: Project, deps: TrainDeps) -> bool:
    """Look at the models that people imported; say whether one of them is served now."""
    if not project.imports.waiting():
        return False
    restore_active(project)
    return take_imports(project, deps)


def _untrained(project: Project, deps: TrainDeps) -> DatasetPointer | None:
    """Return the newest snapshot unless the active version has learnt it."""

    def chosen(name: str) -> str:
        return deps.tools.chosen(name).encoder

    tools = deps.tools
    return project.untrained_dataset(tools.encoder, tools.image_encoder, chosen=chosen)


def _catch_up(project: Project, deps: TrainDeps, *, is_asked: bool) -> TrainOutcome:
    """Train until the active version is as new as the dataset.

    A trainer that finds the lease taken has folded its events before, so the holder sees them when
    it checks once more after giving the lease back. Checking before that would miss them.
    """
    restore_active(project)
    outcome, lease = TrainOutcome.UP_TO_DATE, project.lease(TRAINER)
    pointer = _untrained(project, deps)
    if pointer is None and is_asked and not project.active().value.is_trained:
        pointer = project.dataset_pointer().value  # a recipe may have been installed meanwhile
    if pointer and reordered(project, deps):
        outcome = TrainOutcome.SWITCHED
        _ask_for_ranking(project, deps)
        pointer = _untrained(project, deps)
    while pointer and pointer.seq > 0:
        now = deps.clock().timestamp()
        put_off = lease.put_off(now)
        if now < put_off.until and not is_asked and not lease.is_held(now):
            facts = {"project": project.key, "tries": put_off.tries, "why": put_off.reason}
            logger().error("training put off", extra=facts)
            count("TrainingFailed")
            return TrainOutcome.PUT_OFF
        with lease.held(deps.clock().timestamp(), _LEASE_S) as is_mine:
            if not is_mine:
                return TrainOutcome.LEFT_TO_HOLDER
            if train_version(project, pointer, deps):
                outcome = TrainOutcome.SWITCHED
                _ask_for_ranking(project, deps)  # at once: more labels may take long
        pointer = _untrained(project, deps)
    return outcome
