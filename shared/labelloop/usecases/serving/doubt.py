"""List the labels that are worth a second look."""

from typing import Any

from labelloop.bucket.project import Project
from labelloop.ports import ObjectStore
from labelloop.recipes import name_of
from labelloop.recipes.signature import why_unanswered


def doubt(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the active version, and the labels that it learnt but doubts, most doubtful first.

    None of a version of another control than the label config's: its labels are not asked any more.
    """
    project = Project(store, key)
    active = project.active().value
    config = project.dataset(project.dataset_pointer().value).label_config
    is_another = why_unanswered(config, name_of(active.recipe), active.signature)
    doubts = [] if is_another else project.evidence.doubts(active.version)
    return {"version": active.version, "doubts": doubts}
