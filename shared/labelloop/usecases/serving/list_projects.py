"""List all projects, each with what matters most: for the overview."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from labelloop.bucket.lease import TRAINER
from labelloop.bucket.project import Project, projects
from labelloop.ports import ObjectStore
from labelloop.usecases.serving.describe import archived_of, put_off, rejection_of

_READERS: Final = 16


def list_projects(store: ObjectStore) -> list[dict[str, Any]]:
    """Return for each project its version, labels and card's insights, and what is wrong.

    No dataset is read, so that many projects can be listed.
    """
    with ThreadPoolExecutor(_READERS) as readers:
        return list(readers.map(lambda key: _brief(Project(store, key)), projects(store)))


def _brief(project: Project) -> dict[str, Any]:
    active, dataset = project.active().value, project.dataset_pointer().value
    card = project.card(active.version)
    insights: Mapping[str, Any] = card.insights if card else {}
    return {
        "project": project.key,
        "title": dataset.title,
        "recipe": card.recipe if card else "",
        "version": active.version,
        "pinned": active.pinned,
        "labels": card.labels if card else 0,
        "annotations": dataset.annotations,
        "pending_events": len(project.pending()),
        "trained_at": card.trained_at if card else "",
        "insights": insights,
        "damaged": project.snapshots.damage(),
        "put_off": put_off(project.lease(TRAINER)),
        "archived": archived_of(project.archive),
        "refused": rejection_of(active.version, project.evidence),
    }
