"""Doubt labels: say which ones are worth a second look."""

from typing import Any

from labelloop.bucket.evidence import KeptEvidence
from labelloop.bucket.project import Project
from labelloop.ports import ObjectStore


def doubt(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the active version, and what it doubts of the labels that it learnt, best first."""
    version = Project(store, key).active().value.version
    return {"version": version, "doubts": KeptEvidence(store, key).doubts(version)}
