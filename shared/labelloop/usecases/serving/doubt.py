"""List the labels that are worth a second look."""

from typing import Any

from labelloop.bucket.project import Project
from labelloop.ports import ObjectStore


def doubt(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the active version, and the labels that it learnt but doubts, most doubtful first."""
    project = Project(store, key)
    version = project.active().value.version
    return {"version": version, "doubts": project.evidence.doubts(version)}
