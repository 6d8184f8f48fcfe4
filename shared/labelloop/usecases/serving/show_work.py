"""Show what is at work for a project: which stage of training, and how far its ranking is."""

from datetime import datetime
from typing import Any

from labelloop.bucket.lease import PUSHER, TRAINER, TRIMMER
from labelloop.bucket.project import Project


def show_work(project: Project, version: str, now: datetime) -> dict[str, Any]:
    """Return the stages of `training` and `ranking`, None for work that nobody is at.

    `version`: the active one. `percent` of a ranking: of the parts that are scored, None in other
    stages.
    """
    return {"training": _training(project, now), "ranking": _ranking(project, version, now)}


def _training(project: Project, now: datetime) -> dict[str, Any] | None:
    stage = project.lease(TRAINER).stage(now.timestamp())
    if stage is None:
        return None
    return {"stage": stage.name or "starting", "step": stage.step, "steps": stage.steps}


def _ranking(project: Project, version: str, now: datetime) -> dict[str, Any] | None:
    pool = project.pool
    parts = len(pool.parts(version))
    scored = min(parts, pool.scored(version)) if parts else 0
    if scored < parts:
        return {"stage": "scoring the tasks", "percent": 100 * scored // parts}
    if project.lease(PUSHER).is_held(now.timestamp()):
        return {"stage": "pushing the queue to Label Studio", "percent": None}
    if project.surveys.state().value.is_held(now):
        return {"stage": "looking through Label Studio's tasks", "percent": None}
    if project.lease(TRIMMER).is_held(now.timestamp()):
        return {"stage": "deleting predictions of older versions", "percent": None}
    return None
