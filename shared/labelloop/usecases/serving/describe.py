"""Describe where a project stands: for people, and for comparing it with Label Studio."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from time import time
from typing import Any, Final

from labelloop.bucket.archive import Archive
from labelloop.bucket.evidence import EvidenceFiles
from labelloop.bucket.lease import PUSHER, TRAINER, Lease
from labelloop.bucket.pointers import ActivePointer, DatasetPointer
from labelloop.bucket.project import Project
from labelloop.bucket.snapshots import Repair
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.in_words import lines
from labelloop.domain.judging.vectors_gain import advice_on
from labelloop.domain.serving.in_words import imported_of
from labelloop.errors import BadRecipe, Unprocessable
from labelloop.ports import ObjectStore
from labelloop.recipes import control_of, failures, has_own, origin_of, why_order_alone
from labelloop.recipes.guard import within
from labelloop.recipes.weights import weights_of
from labelloop.usecases.serving.activate import replaced_by_imported
from labelloop.usecases.serving.no_model import WhyLacking, no_model
from labelloop.usecases.serving.progress import progress
from labelloop.usecases.serving.unread_files import unread_files
from labelloop.usecases.serving.usable import usable

_OWN_S: Final = 10.0  # somebody waits
_MOST_SHARDS: Final = 100  # read to count the pool while somebody waits


def describe(
    key: str, store: ObjectStore, why_lacking: WhyLacking = lambda _: ""
) -> dict[str, Any]:
    """Return the active version, its training, what is pending, and the options.

    A project that nothing is stored for has the same fields, with zeros. `why_lacking`: returns why
    a version's encoders are not here, empty if they are.
    """
    project = Project(store, key)
    active, pointer = project.active().value, project.dataset_pointer().value
    known = _facts(store, key, pointer)
    reads = {
        "card": lambda: project.card(active.version),
        "refused": lambda: rejection_of(active.version, project.evidence),
        "no_model": lambda: no_model(
            project, active, known.learning, known.label_config, why_lacking
        ),
        "pool": lambda: _pool(project, known.deleted_tasks),
        "damaged": project.snapshots.damage,
        "repair": lambda: _repair(project.snapshots.repair()),
        "pending_events": lambda: len(project.pending()),
        "quarantined_events": project.quarantined,
        "progress": lambda: progress(project, active.version, datetime.now(UTC)),
        "unread": lambda: unread_files(project, active.version, known.deleted_until),
        "put_off": lambda: put_off(project.lease(TRAINER)) or put_off(project.lease(PUSHER)),
        "archived": lambda: archived_of(project.archive),
        "options": lambda: asdict(project.options().value),
        "replaced": lambda: replaced_by_imported(project),
    }
    with ThreadPoolExecutor(len(reads)) as readers:  # each waits for the store
        found = dict(zip(reads, readers.map(_call, reads.values()), strict=True))
    card: Card | None = found["card"]
    return found | {
        "project": key,
        "version": active.version,
        "pinned": active.pinned,
        "trained_on": active.dataset_seq,
        "made_by": origin_of(active.recipe) if active.is_trained else "",
        "card": card.to_json() if card else None,
        "told": [
            *known.failures,
            *_not_in_use(found["options"]["encoder"], active),
            *(_lines(card) if card else []),
        ],
        "dataset": {"seq": pointer.seq} | known.counts,
        "learning": known.learning,
    }


def _call(read: Callable[[], Any]) -> Any:
    return read()


def _not_in_use(chosen: str | None, active: ActivePointer) -> list[str]:
    """Return whether the encoder that a project chose is another one than the one in use."""
    in_use = [name.rpartition("-")[0] for name in active.encoder_in_use.split("+")]
    if chosen is None or not active.is_trained or chosen in (*in_use, "none"):
        return []
    what = f"the encoder {chosen}, which was chosen, is not in use yet: that takes a training"
    is_without = not active.encoder_in_use
    return [f"{what}, and a stack deployed with another Encoder than none" if is_without else what]


def _lines(card: Card) -> list[str]:
    texts = lines(card.insights, card.labels) if card.insights else []
    texts += [f"not learnt: {why}" for why in card.facts.get("not_learnt", [])]
    if imported := card.facts.get("imported"):
        texts.insert(0, imported_of(imported, is_imported=card.is_imported))
    if advice := advice_on(card.to_json()):
        texts.append("; ".join(advice))
    order = card.order.get("order", {})
    if order.get("is_random"):
        texts.append(f"tasks are served in random order: the strategy was {order['reason']}")
    return texts


def _repair(repair: Repair) -> dict[str, Any] | None:
    """Return the last damage; `lost`: labels may be missing until all were compared."""
    return asdict(repair) if repair.why else None


def rejection_of(version: str, evidence: EvidenceFiles) -> dict[str, Any] | None:
    """Return the last version that was rejected in favour of the active one, and why."""
    rejection = evidence.rejection(version).value
    if not rejection.version:
        return None
    return {"version": rejection.version, "reason": rejection.reason, "at": rejection.at}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is told of a dataset, which may take seconds to read."""

    counts: dict[str, Any]
    learning: dict[str, Any]
    failures: list[str]
    label_config: str | None
    deleted_tasks: frozenset[int]
    deleted_until: dict[int, str]


@lru_cache(maxsize=32)
def _facts(store: ObjectStore, key: str, pointer: DatasetPointer) -> _Facts:
    """Return what is told of a snapshot, which never changes: an open page looks every 5 s."""
    dataset = Project(store, key).dataset(pointer)
    learning, failed = _learning_within(dataset)
    return _Facts(
        counts=_counts(dataset),
        learning=learning,
        failures=failed,
        label_config=dataset.label_config,
        deleted_tasks=frozenset(dataset.deleted_tasks),
        deleted_until=dataset.deleted_until(),
    )


def _pool(project: Project, deleted: frozenset[int]) -> dict[str, Any]:
    """Return how many tasks the pool has, and how far they are compared with Label Studio's."""
    survey = project.surveys.state().value
    return {
        "tasks": project.pool_index.count(deleted, _MOST_SHARDS),
        "compared_at": survey.ended,
        "comparing": survey.listed if survey.began else None,
    }


def put_off(trainings: Lease) -> dict[str, Any] | None:
    """Return why trainings are put off, if they are."""
    state = trainings.put_off(time())
    if state.tries < 2:
        return None
    until = datetime.fromtimestamp(state.until, UTC).isoformat(timespec="seconds")
    return {"tries": state.tries, "reason": state.reason, "until": until}


def archived_of(archive: Archive) -> dict[str, Any] | None:
    state = archive.state()
    return {"reason": state.reason, "since": state.since} if state else None


def _learning_within(dataset: Dataset) -> tuple[dict[str, Any], list[str]]:
    """Return what is learnt, and which recipes of one's own fail; they may do anything."""
    if not has_own():
        return _learning(dataset), failures("")
    try:
        with within(_OWN_S, "reading labels with a recipe of one's own"):
            return _learning(dataset), failures(dataset.label_config or "")
    except BadRecipe as exc:
        return _nothing_learnt(str(exc)), [str(exc)]


def _learning(dataset: Dataset) -> dict[str, Any]:
    """Return the control that is learnt and its usable annotations; or why none can be learnt."""
    if dataset.label_config is None:
        return _nothing_learnt("")
    try:
        control = control_of(dataset.label_config)
    except Unprocessable as exc:
        return _nothing_learnt(str(exc))
    counts = usable(dataset, control)
    weights = weights_of(control, dataset.settings)
    fields = {"usable": asdict(counts), "line": counts.line(), "reason": "", "weights": weights}
    return control.about() | fields | {"order_alone": why_order_alone(dataset.label_config)}


def _nothing_learnt(reason: str) -> dict[str, Any]:
    return {
        "choice": "",
        "text": "",
        "labels": [],
        "others": [],
        "weights": {},
        "usable": None,
        "line": "",
        "order_alone": "",
        "reason": reason,
    }


def _counts(dataset: Dataset) -> dict[str, Any]:
    """Count as Label Studio's own counters do: skipped annotations apart."""
    live = dataset.live_annotations()
    skipped = sum(one.skipped for one in live)
    config = dataset.label_config
    return {
        "annotations": len(live) - skipped,
        "skipped": skipped,
        "tasks": len({one.task for one in live}),
        "label_config_sha256": sha256(config.encode("utf-8", "surrogatepass")).hexdigest()
        if config
        else "",
        "settings": dataset.settings,
    }
