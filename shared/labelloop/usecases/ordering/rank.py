"""Rank the pool by the active version: plan the parts, score each, and push the head of the queue.

Before the first model the queue is typical tasks first, without labels. Every step may run twice,
or be cut off anywhere: what it writes stands under the version's own keys or is found done. A step
for a version that is not active any more stops, because the newer version has steps of its own.
"""

from labelloop.bucket.project import Project
from labelloop.errors import Gone
from labelloop.labelstudio.payloads import project_key
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp
from labelloop.observability import logger
from labelloop.usecases.learning.vectors import Unfinished
from labelloop.usecases.ordering.push import Outcome
from labelloop.usecases.ordering.ranking import ConnectedRanking, RankDeps, Ranking


def rank(wake_up: RankWakeUp, deps: RankDeps) -> Outcome:
    """Take one step of ranking a project; say what came of it."""
    try:
        return _rank(wake_up, deps)
    except Unfinished as exc:  # it has asked for what is to be done first
        facts = {"project": wake_up.project, "step": wake_up.step, "why": str(exc)}
        logger().info("ranking goes on later", extra=facts)
        return Outcome.UNFINISHED


def _rank(wake_up: RankWakeUp, deps: RankDeps) -> Outcome:
    project = Project(deps.store, project_key(wake_up.project))
    version = project.active_version()
    if wake_up.version not in ("", version):
        return Outcome.SUPERSEDED
    label_studio = deps.label_studio()
    if label_studio is None:
        return _unconnected_step(wake_up, Ranking(project, version, None, deps))
    try:
        studio = StudioProject(label_studio, project.key)
        project.archive.take_out()
        return _step(wake_up, ConnectedRanking(project, version, studio, deps))
    except Gone as exc:
        project.archive.put(str(exc), deps.clock())
        return Outcome.GONE


def _unconnected_step(wake_up: RankWakeUp, ranking: Ranking) -> Outcome:
    """Make the order of a project whose tasks were sent here; whoever sent them pushes it."""
    project = ranking.project
    dataset = project.dataset(project.dataset_pointer().value)
    if not project.pool.is_listed() or dataset.label_config is None:
        return Outcome.UNCONNECTED
    match wake_up.step:
        case "plan":
            return ranking.plan()
        case "score":
            return ranking.score(wake_up.part)
        case "push":
            ranking.place()
            project.pool.forget_ranks(keep=ranking.version)
            return Outcome.PLACED
    return Outcome.UNCONNECTED


def _step(wake_up: RankWakeUp, ranking: ConnectedRanking) -> Outcome:
    match wake_up.step:
        case "survey":
            return ranking.survey(wake_up.part)
        case "plan" if not ranking.project.pool.is_listed():
            return ranking.survey(1)
        case "plan":
            return ranking.plan()
        case "score":
            return ranking.score(wake_up.part)
        case "push":
            return ranking.push(wake_up.part)
        case "trim":
            return ranking.trim()
