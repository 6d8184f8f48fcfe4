"""Describe where a project stands: for people, and for comparing it with Label Studio."""

from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import Any, Final

from labelloop.bucket.archive import Archive
from labelloop.bucket.evidence import EvidenceFiles
from labelloop.bucket.lease import TRAINER, Lease
from labelloop.bucket.objects import fields_of
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.bucket.snapshots import Repair
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.in_words import lines
from labelloop.errors import Unprocessable
from labelloop.ports import ObjectStore
from labelloop.recipes import control_of, name_of, why_order_alone
from labelloop.recipes.signature import why_unanswered
from labelloop.usecases.serving.progress import progress
from labelloop.usecases.serving.unread_images import unread_images
from labelloop.usecases.serving.usable import usable

_MOST_SHARDS: Final = 100  # read to count the pool while somebody waits


def describe(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the active version, its training, what is pending, and the options.

    A project that nothing is stored for has the same fields, with zeros.
    """
    project = Project(store, key)
    active, pointer = project.active().value, project.dataset_pointer().value
    card, dataset = project.card(active.version), project.dataset(pointer)
    return {
        "project": key,
        "version": active.version,
        "pinned": active.pinned,
        "trained_on": active.dataset_seq,
        "card": card.to_json() if card else None,
        "told": _lines(card) if card else [],
        "refused": _rejection(active.version, project.evidence),
        "dataset": {"seq": pointer.seq} | _counts(dataset),
        "learning": (learning := _learning(dataset)),
        "no_model": _no_model(project, active, dataset, learning),
        "pool": _pool(project, dataset),
        "unread": unread_images(project, active.version, dataset),
        "damaged": project.snapshots.damage(),
        "repair": _repair(project.snapshots.repair()),
        "progress": progress(project, active.version, datetime.now(UTC)),
        "pending_events": len(project.pending()),
        "quarantined_events": project.quarantined(),
        "put_off": _put_off(project.lease(TRAINER)),
        "archived": _archived(project.archive),
        "options": asdict(project.options().value),
    }


def _lines(card: Card) -> list[str]:
    texts = lines(card.insights, card.labels) if card.insights else []
    order = card.order.get("order", {})
    if order.get("is_random"):
        texts.append(f"tasks are served in random order: the strategy was {order['reason']}")
    return texts


def _repair(repair: Repair) -> dict[str, Any] | None:
    """Return the last damage; `lost`: labels may be missing until all were compared."""
    return asdict(repair) if repair.why else None


def _rejection(version: str, evidence: EvidenceFiles) -> dict[str, Any] | None:
    """Return the last version that was rejected in favour of the active one, and why."""
    rejection = evidence.rejection(version).value
    if not rejection.version:
        return None
    return {"version": rejection.version, "reason": rejection.reason, "at": rejection.at}


def _pool(project: Project, dataset: Dataset) -> dict[str, Any]:
    """Return how many tasks the pool has, and how far they are compared with Label Studio's."""
    survey = project.surveys.state().value
    return {
        "tasks": project.pool_index.count(dataset.deleted_tasks.keys(), _MOST_SHARDS),
        "compared_at": survey.ended,
        "comparing": survey.listed if survey.began else None,
    }


def _put_off(trainings: Lease) -> dict[str, Any] | None:
    """Return why trainings are put off, if they are."""
    put_off = trainings.put_off(time())
    if put_off.tries < 2:
        return None
    until = datetime.fromtimestamp(put_off.until, UTC).isoformat(timespec="seconds")
    return {"tries": put_off.tries, "reason": put_off.reason, "until": until}


def _archived(archive: Archive) -> dict[str, Any] | None:
    state = archive.state()
    return {"reason": state.reason, "since": state.since} if state else None


def _learning(dataset: Dataset) -> dict[str, Any]:
    """Return the control that is learnt and its usable annotations; or why none can be learnt."""
    nothing: dict[str, Any] = {
        "choice": "",
        "text": "",
        "labels": [],
        "others": [],
        "usable": None,
        "line": "",
        "order_alone": "",
    }
    if dataset.label_config is None:
        return nothing | {"reason": ""}
    try:
        control = control_of(dataset.label_config)
    except Unprocessable as exc:
        return nothing | {"reason": str(exc)}
    counts = usable(dataset, control)
    fields = {"usable": asdict(counts), "line": counts.line(), "reason": ""}
    return control.about() | fields | {"order_alone": why_order_alone(dataset.label_config)}


def _no_model(
    project: Project, active: ActivePointer, dataset: Dataset, learning: dict[str, Any]
) -> dict[str, Any] | None:
    """Return why no model is served, whether that is so by design, and whether there was one.

    A model of another control than the label config's is as good as none.
    """
    unanswered = ""
    if active.is_trained:
        made_by, config = name_of(active.recipe), dataset.label_config
        unanswered = why_unanswered(config, made_by, active.signature)
        if not unanswered:
            return None
        unanswered = f"nothing is predicted by {active.version}: {unanswered}"
    switched = fields_of(project.history.entry(active.switch)).get("why")
    reason = learning["reason"] or unanswered or switched or "no label has been learnt yet"
    by_design = learning["order_alone"]
    if by_design:
        reason = f"tasks are ordered typical and diverse first, not predicted: {by_design}"
    return {
        "reason": str(reason),
        "had_model": next(iter(project.versions()), None) is not None,
        "by_design": bool(by_design),
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
