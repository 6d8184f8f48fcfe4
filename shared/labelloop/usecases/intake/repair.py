"""Check whether a project's dataset is whole, and ask for a repair of what it lacks."""

from dataclasses import dataclass
from typing import Any

from labelloop.bucket.project import Project
from labelloop.errors import Damaged
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.ports import ObjectStore, Queue


@dataclass(frozen=True, kw_only=True)
class RepairDeps:
    """What repairing needs from outside. The repair itself is done in the background."""

    store: ObjectStore
    train_queue: Queue
    rank_queue: Queue


def repair(key: str, deps: RepairDeps) -> dict[str, Any]:
    """Return what is wrong with the dataset, and have it mended, compared and ranked again.

    The trainer goes on from the newest snapshot that can be read; a walk over all of Label Studio's
    tasks finds what that lacks. If nothing is wrong, the walk changes nothing.
    """
    project = Project(deps.store, key)
    pointer = project.dataset_pointer().value
    damage, annotations = project.snapshots.damage(), 0
    try:
        annotations = len(project.snapshots.read(pointer).live_annotations())
    except Damaged as exc:
        damage = damage or str(exc)
    deps.train_queue.send(WakeUp(key, "repair"), 0)
    deps.rank_queue.send(RankWakeUp(key, "survey"), 0)
    deps.rank_queue.send(RankWakeUp(key), 0)
    return {"damaged": damage, "seq": pointer.seq, "annotations": annotations}
