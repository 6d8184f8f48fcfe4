"""Learn what was labelled: fold events into a dataset, train a version on it, serve it.

Idempotent: a wake-up that arrives twice, late or out of order finds its work done. Safe to be
killed anywhere and to race with itself: snapshots and versions are written under keys of their own,
and the two pointers move by compare-and-swap, only ever to something newer.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from itertools import batched
from typing import Any, Final
from uuid import uuid4

from labelloop.domain.events import Event, canonical
from labelloop.domain.features import Features
from labelloop.domain.folding import fold
from labelloop.domain.policy import Patience, can_leave_to_a_later_event
from labelloop.domain.training import Trained
from labelloop.errors import Conflict, Retryable, Unavailable, Unprocessable
from labelloop.kept_features import KeptFeatures
from labelloop.labelstudio import UNTRAINED, project_key
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.observability import count, logger
from labelloop.pointers import FORMAT, ActivePointer, DatasetPointer
from labelloop.pool import Pool
from labelloop.ports import Listed, ObjectStore, Queue
from labelloop.project import Project
from labelloop.recipes.text_choices import read_label_config
from labelloop.usecases.featurise import Featuriser
from labelloop.usecases.look import Unfinished, look_at_labelled

type TrainHead = Callable[[Features, Sequence[str]], Trained]

_EVENTS_AT_ONCE: Final = 2_000  # some 6 MB
_READERS: Final = 24
_LEASE_S: Final = 60  # a longer training may be done twice, which costs money and nothing else
_ROUNDS: Final = 12  # each lost race means that another trainer got further


class Outcome(StrEnum):
    """What a wake-up led to."""

    LEFT_TO_LATER = "left to a later event"
    LEFT_TO_HOLDER = "left to the trainer at work"
    LEFT_TO_SWEEP = "encoded in part, left to the sweep"
    UP_TO_DATE = "up to date"
    SWITCHED = "switched"


@dataclass(frozen=True)
class TrainDeps:
    """What training needs from outside."""

    store: ObjectStore
    rank_queue: Queue | None  # None where no Label Studio is named to push a ranking to
    featuriser: Featuriser
    train_head: TrainHead
    patience: Patience
    min_labels: int
    strategy: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def train(wake_up: WakeUp, deps: TrainDeps) -> Outcome:
    """Bring a project up to date; say what came of it. Retryable after too many lost races."""
    project = Project(deps.store, project_key(wake_up.project))
    for _ in range(_ROUNDS):
        pending = project.pending()
        if _can_leave(wake_up, pending, project, deps):
            return Outcome.LEFT_TO_LATER
        try:
            has_new_tasks = _fold_pending(project, Pool(deps.store, project.key), pending)
            outcome = _catch_up(project, deps)
        except Conflict:
            continue
        except Unfinished as exc:
            logger().info("training put off", extra={"project": project.key, "why": str(exc)})
            return Outcome.LEFT_TO_SWEEP
        if outcome is Outcome.SWITCHED or has_new_tasks:
            _ask_for_ranking(project, deps)
        return outcome
    raise Retryable(f"lost {_ROUNDS} races")


def _ask_for_ranking(project: Project, deps: TrainDeps) -> None:
    """Have the pool ranked by the new version. If the wake-up is lost, the sweep sends another."""
    if deps.rank_queue is None:
        return
    try:
        deps.rank_queue.send(RankWakeUp(project.key), 0)
    except Unavailable:
        logger().warning("ranking not asked for", extra={"project": project.key})


def _can_leave(wake_up: WakeUp, pending: list[Listed], project: Project, deps: TrainDeps) -> bool:
    if wake_up.reason != "event":
        return False
    own = (one.stored_at for one in pending if project.is_event(one, wake_up.event))
    times = [one.stored_at for one in pending]
    patience = deps.patience
    if len(times) >= patience.retrain_after:
        patience = patience.after(project.dataset_pointer().value.annotations)
    return can_leave_to_a_later_event(next(own, None), times, deps.clock(), patience)


# -- events to dataset -----------------------------------------------------------------------


def _fold_pending(project: Project, pool: Pool, pending: list[Listed]) -> bool:
    """Fold what waits; say whether the pool has grown by it."""
    has_new_tasks = False
    for batch in batched(pending, _EVENTS_AT_ONCE, strict=False):
        after = project.dataset_pointer()
        dataset = project.dataset(after.value)
        events = _read_events(project, pool, batch)
        project.add_dataset(after, fold(dataset, events))
        project.forget(list(batch))
        has_new_tasks |= any(event.action == "TASKS_CREATED" for event in events)
    return has_new_tasks


def _read_events(project: Project, pool: Pool, batch: Sequence[Listed]) -> list[Event]:
    """Return the events that are still there, setting aside those that are none."""
    with ThreadPoolExecutor(_READERS) as readers:
        bodies = readers.map(project.read, batch)
        read = ((one, body) for one, body in zip(batch, bodies, strict=True) if body is not None)
        understood = ((one, _understood(project, one, body)) for one, body in read)
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


def _catch_up(project: Project, deps: TrainDeps) -> Outcome:
    """Train until the active version is as new as the dataset.

    Whoever finds the lease taken has folded its events before, so the holder, who looks once more
    after giving the lease back, sees them. Looking before giving it back would lose them.
    """
    outcome, me = Outcome.UP_TO_DATE, uuid4().hex
    while pointer := project.untrained_dataset(deps.featuriser.encoder):
        if not project.take_lease(me, deps.clock().timestamp(), _LEASE_S):
            return Outcome.LEFT_TO_HOLDER
        try:
            _train_version(project, pointer, deps)
        finally:
            project.release_lease(me)
        outcome = Outcome.SWITCHED
    return outcome


def _train_version(project: Project, pointer: DatasetPointer, deps: TrainDeps) -> None:
    started, encoder = time.monotonic(), deps.featuriser.encoder
    dataset, options = project.dataset(pointer), project.options().value
    strategy = options.strategy or deps.strategy
    none = ActivePointer(
        UNTRAINED,
        pointer.seq,
        FORMAT,
        encoder=encoder,
        strategy=strategy,
        revision=options.revision,
    )
    try:
        texts, labels = read_label_config(dataset.label_config or "").examples(dataset)
        _check_enough(labels, deps.min_labels)
        learnt = sha256(canonical([texts, labels, strategy]).encode()).hexdigest()
        if _advance(project, replace(none, learnt=learnt)):
            return
        kept = KeptFeatures(deps.store, project.key, encoder)
        features = look_at_labelled(texts, kept, deps.featuriser)
        trained = deps.train_head(features, labels)
    except Unprocessable as exc:
        # A training from scratch on what is left would give no model, so none is served.
        _switch(project, none, {"why": str(exc)})
        return
    version, digest = f"{pointer.seq}-{uuid4().hex[:8]}", sha256(trained.artefact).hexdigest()
    card = {
        "version": version,
        "format": FORMAT,
        "encoder": encoder,
        "sha256": digest,
        "dataset": {"seq": pointer.seq, "sha256": pointer.sha256},
        "learnt": learnt,
        "labels": len(labels),
        "classes": dict(sorted(Counter(labels).items())),
        "strategy": strategy,
        "trained_at": deps.clock().isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 3),
        **trained.facts,
    }
    project.add_model(version, trained.artefact, card)
    told = f"trained on {len(labels)} labels"
    to = replace(none, version=version, sha256=digest, learnt=learnt)
    _switch(project, to, {"why": told, "at": card["trained_at"]})


def _check_enough(labels: Sequence[str], least: int) -> None:
    classes = len(set(labels))
    if classes < 2 or len(labels) < least:
        told = f"{len(labels)} labels of {classes} classes"
        raise Unprocessable(f"{told}; needs {least} of 2 or more")


def _advance(project: Project, to: ActivePointer) -> bool:
    """Say whether the active version has learnt just this; if so, mark the dataset as learnt.

    Much changes a dataset and no example: a skip, the project's settings, a ground-truth toggle. A
    new version would make Label Studio ask for every prediction again.
    """
    after = project.active()
    known = after.value
    if (known.learnt, known.format, known.encoder) != (to.learnt, FORMAT, to.encoder):
        return False
    moved = replace(known, dataset_seq=to.dataset_seq, revision=to.revision)
    if moved.age > known.age:  # a slower trainer must not put it back
        project.advance(after, moved)
    return True


def _switch(project: Project, version: ActivePointer, why: dict[str, Any]) -> None:
    """Serve the version unless a newer or a pinned one is served. Lost races are tried again."""
    for _ in range(_ROUNDS):
        after = project.active()
        is_other = version.age == after.value.age and version.encoder != after.value.encoder
        if not (version.age > after.value.age or is_other) or after.value.pinned:
            return
        to = replace(
            version,
            switch=after.value.switch + 1,
            previous_version=after.value.version,
            previous_sha256=after.value.sha256,
        )
        try:
            project.switch(after, to, why)
        except Conflict:
            continue
        facts = {"project": project.key, "version": to.version, "why": why["why"]}
        logger().info("version switched", extra=facts)
        return
    raise Retryable(f"lost {_ROUNDS} races for the active version")
