"""Rank the pool by the active version: plan the parts, score each, and push the head of the queue.

Before the first model the queue has typical tasks first, without predictions. Every step may run
twice, or be cut off anywhere: it writes under the version's own keys, and skips what is done. A
step for a version that is not active any more stops: the newer version has steps of its own.
"""

from typing import Final

from labelloop.bucket.lease import PUSHER
from labelloop.bucket.project import Project
from labelloop.errors import BadRecipe, Gone
from labelloop.labelstudio.payloads import project_key
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp
from labelloop.observability import count, logger
from labelloop.recipes import has_own
from labelloop.recipes.guard import within
from labelloop.usecases.learning.vectors import Unfinished
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.ranking import ConnectedRanking, RankDeps, Ranking

_OWN_S: Final = 60.0  # a step of ranking, beside the encoding, which stops by itself and goes on


def rank(wake_up: RankWakeUp, deps: RankDeps) -> RankOutcome:
    """Take one step of ranking a project; return its outcome."""
    try:
        return _rank_within(wake_up, deps)
    except BadRecipe as exc:
        return _put_off(wake_up, str(exc), deps)
    except Unfinished as exc:  # it has sent a wake-up for the rest
        facts = {"project": wake_up.project, "step": wake_up.step, "why": str(exc)}
        logger().info("ranking goes on later", extra=facts)
        return RankOutcome.UNFINISHED


def _rank_within(wake_up: RankWakeUp, deps: RankDeps) -> RankOutcome:
    if not has_own():
        return _rank(wake_up, deps)
    project = Project(deps.store, project_key(wake_up.project))
    put_off = project.lease(PUSHER).put_off(deps.clock().timestamp())
    if put_off.until > deps.clock().timestamp() and put_off.reason.startswith(_of(project)):
        return RankOutcome.RECIPE_FAILED
    with within(deps.limits.encoding_s + _OWN_S, "ranking with a recipe of one's own"):
        return _rank(wake_up, deps)


def _put_off(wake_up: RankWakeUp, why: str, deps: RankDeps) -> RankOutcome:
    """Note why there is no order by this version; the order by the one before stays."""
    project = Project(deps.store, project_key(wake_up.project))
    project.lease(PUSHER).fail(deps.clock().timestamp(), f"{_of(project)}{why}")
    facts = {"project": project.key, "step": wake_up.step, "why": why.partition(":")[0]}
    logger().error("recipe failed", extra=facts)
    count("RankingFailed")
    return RankOutcome.RECIPE_FAILED


def _of(project: Project) -> str:
    return f"no order by {project.active_version()}: "


def _rank(wake_up: RankWakeUp, deps: RankDeps) -> RankOutcome:
    project = Project(deps.store, project_key(wake_up.project))
    version = project.active_version()
    if wake_up.version not in ("", version):
        return RankOutcome.SUPERSEDED
    label_studio = deps.label_studio()
    if label_studio is None:
        return _unconnected_step(wake_up, Ranking(project, version, None, deps))
    try:
        studio = StudioProject(label_studio, project.key)
        project.archive.take_out()
        return _step(wake_up, ConnectedRanking(project, version, studio, deps))
    except Gone as exc:
        project.archive.put(str(exc), deps.clock())
        return RankOutcome.GONE


def _unconnected_step(wake_up: RankWakeUp, ranking: Ranking) -> RankOutcome:
    """Make the order of a project whose tasks were sent here; it is pushed from outside."""
    project = ranking.project
    dataset = project.dataset(project.dataset_pointer().value)
    if not project.pool.is_listed() or dataset.label_config is None:
        return RankOutcome.UNCONNECTED
    match wake_up.step:
        case "plan":
            return ranking.plan(retries=wake_up.part > 0)
        case "score" | "retry":
            return ranking.score(wake_up.part, retries=wake_up.step == "retry")
        case "push":
            ranking.place()
            project.pool.forget_ranks(keep=ranking.version)
            return RankOutcome.PLACED
    return RankOutcome.UNCONNECTED


def _step(wake_up: RankWakeUp, ranking: ConnectedRanking) -> RankOutcome:
    match wake_up.step:
        case "survey":
            return ranking.survey(wake_up.part)
        case "plan" if not ranking.project.pool.is_listed():
            return ranking.survey(1)
        case "plan":
            return ranking.plan(retries=wake_up.part > 0)
        case "score" | "retry":
            return ranking.score(wake_up.part, retries=wake_up.step == "retry")
        case "push":
            return ranking.push(wake_up.part)
        case "trim":
            return ranking.trim()
