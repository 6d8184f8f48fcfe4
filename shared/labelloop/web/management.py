"""The routes that manage projects: the command line calls them, and scripts may call them too."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from labelloop.bootstrap import (
    accept_deps,
    activate_deps,
    choose_deps,
    compare_deps,
    feed_deps,
    pin_deps,
    queue,
    rank_queue,
    repair_deps,
    store,
    token,
    tools,
    why_lacking,
)
from labelloop.bucket.project import Project, projects
from labelloop.config import settings
from labelloop.labelstudio.payloads import project_key, read_export, read_json, read_tasks
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.intake.accept import accept
from labelloop.usecases.intake.compare import compare
from labelloop.usecases.intake.feed import feed
from labelloop.usecases.intake.repair import repair
from labelloop.usecases.learning.learnt_all import learnt_all
from labelloop.usecases.ordering.show_order import show_order
from labelloop.usecases.serving.activate import activate
from labelloop.usecases.serving.choose import choose
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.list_history import list_history
from labelloop.usecases.serving.pin import pin, unpin
from labelloop.web.credentials import user_of
from labelloop.web.http import refuse_forms, refuse_pages
from labelloop.web.schemas import (
    PROJECT_SCHEMA,
    AcceptedAnswer,
    ActivateRequest,
    BackfillRequest,
    Body,
    ChangedAnswer,
    ComparedAnswer,
    CompareRequest,
    DoubtsAnswer,
    HistoryAnswer,
    LabelStudioAnswer,
    OptionsAnswer,
    OptionsRequest,
    OrderAnswer,
    ProjectRequest,
    ProjectsAnswer,
    RepairAnswer,
    SentAnswer,
    StatusAnswer,
    TasksRequest,
    TokenRequest,
    TrainAnswer,
)


async def _refuse_browsers(request: Request) -> None:
    """Refuse changes that another site's page requests with credentials stored in a browser."""
    if request.method not in ("GET", "HEAD"):
        refuse_pages(request.headers)
        if await request.body():  # a request without a body changes nothing
            refuse_forms(request.headers)


management = APIRouter(tags=["management"], dependencies=[Depends(_refuse_browsers)])


async def _read[B: Body](kind: type[B], request: Request) -> B:
    return kind.read(read_json(await request.body()))


@management.get("/projects")
async def list_projects() -> ProjectsAnswer:
    """List the projects for which anything is stored."""
    return ProjectsAnswer(projects=list(projects(store())))


@management.get("/status")
async def show_status(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> StatusAnswer:
    """Show the version a project serves, what it was trained on, and what waits to be learnt."""
    return StatusAnswer.model_validate(describe(project_key(project), store(), why_lacking))


@management.get("/history")
async def show_history(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> HistoryAnswer:
    """List the newest versions: training time, accuracy, whether served or refused, and why."""
    return HistoryAnswer.model_validate(list_history(project_key(project), store()))


@management.get("/doubts")
async def show_doubts(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> DoubtsAnswer:
    """List the labels that are worth a second look, best first."""
    return DoubtsAnswer.model_validate(doubt(project_key(project), store()))


@management.post("/activate", openapi_extra=ActivateRequest.openapi())
async def activate_version(request: Request) -> ChangedAnswer:
    """Serve a version from now on, until newer labels bring a newer one."""
    body = await _read(ActivateRequest, request)
    key, by = project_key(body.project), user_of(request.headers)
    return ChangedAnswer(changed=activate(key, body.version, activate_deps(), by))


@management.post("/pin", openapi_extra=ProjectRequest.openapi())
async def pin_version(request: Request) -> ChangedAnswer:
    """Keep serving the active version; new labels are collected, but not learnt."""
    body = await _read(ProjectRequest, request)
    key, by = project_key(body.project), user_of(request.headers)
    return ChangedAnswer(changed=pin(key, pin_deps(), by))


@management.post("/unpin", openapi_extra=ProjectRequest.openapi())
async def unpin_version(request: Request) -> ChangedAnswer:
    """Learn the labels that waited, and serve new versions again."""
    body = await _read(ProjectRequest, request)
    key, by = project_key(body.project), user_of(request.headers)
    return ChangedAnswer(changed=unpin(key, pin_deps(), by))


@management.post("/train", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_training(request: Request) -> TrainAnswer:
    """Learn the labels that wait now, without the quiet period."""
    body = await _read(ProjectRequest, request)
    key = project_key(body.project)
    learnt_by = learnt_all(key, store(), tools())
    queue().send(WakeUp(key, "start_training"), 0)
    return TrainAnswer(learnt_by=learnt_by)


@management.post("/rank", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_ranking(request: Request) -> AcceptedAnswer:
    """Rank the pool again, push the queue to Label Studio, and look for unknown tasks there."""
    body = await _read(ProjectRequest, request)
    key = project_key(body.project)
    rank_queue().send(RankWakeUp(key, part=1), 0)
    rank_queue().send(RankWakeUp(key, "survey"), 0)
    return AcceptedAnswer()


@management.post("/compare", status_code=202, openapi_extra=CompareRequest.openapi())
async def compare_page(request: Request) -> ComparedAnswer:
    """Take over from Label Studio what differs in a range of tasks, including deletions."""
    body = await _read(CompareRequest, request)
    as_of = datetime.fromtimestamp(body.as_of, UTC)
    page = body.tasks, (body.after, body.upto), as_of, datetime.now(UTC), body.settings
    return ComparedAnswer(differed=compare(project_key(body.project), page, compare_deps()))


@management.post("/repair", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_repair(request: Request) -> RepairAnswer:
    """Check the stored dataset; request that it is mended, compared with Label Studio, ranked."""
    body = await _read(ProjectRequest, request)
    return RepairAnswer.model_validate(repair(project_key(body.project), repair_deps()))


@management.put("/options", openapi_extra=OptionsRequest.openapi())
async def choose_options(request: Request) -> OptionsAnswer:
    """Choose a project's options, which override the stack's settings."""
    body = await _read(OptionsRequest, request)
    choices = body.model_dump(exclude_unset=True, exclude={"project"})
    options = choose(project_key(body.project), choices, choose_deps())
    return OptionsAnswer.model_validate(asdict(options))


@management.post("/backfill", status_code=202, openapi_extra=BackfillRequest.openapi())
async def backfill(request: Request) -> AcceptedAnswer:
    """Accept labelled tasks of an export. Sending the same tasks again changes nothing."""
    body = await _read(BackfillRequest, request)
    now = datetime.now(UTC)
    event = read_export(body.project, body.tasks, now, body.label_config, body.settings)
    return AcceptedAnswer(event=accept(event, accept_deps()))


@management.post("/tasks", status_code=202, openapi_extra=TasksRequest.openapi())
async def take_tasks(request: Request) -> AcceptedAnswer:
    """Accept tasks to be ranked, from a Label Studio that AWS can't reach."""
    body, now = await _read(TasksRequest, request), datetime.now(UTC)
    key, tasks = project_key(body.project), read_tasks(body.tasks)
    config = body.label_config
    event = None if config is None else read_export(key, [], now, config)
    feed(key, tasks, feed_deps(), event)
    return AcceptedAnswer()


@management.get("/tasks")
async def show_tasks(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> SentAnswer:
    """List the pages of tasks that were sent here."""
    pool = Project(store(), project_key(project)).pool
    return SentAnswer(sent=pool.sent(), is_listed=pool.is_listed())


@management.get("/order")
async def show_placed(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 5_000,
) -> OrderAnswer:
    """Show the active version's order of the tasks, or how far its ranking is."""
    keeps = settings().superseded_predictions == "keep"
    key = project_key(project)
    order = show_order(key, store(), start, limit, keeps_predictions=keeps)
    return OrderAnswer.model_validate(order)


@management.put("/label-studio", openapi_extra=TokenRequest.openapi())
async def store_token(request: Request) -> ChangedAnswer:
    """Store Label Studio's token."""
    body, secret = await _read(TokenRequest, request), token()
    is_new = secret.read() != body.token
    if is_new:
        secret.write(body.token)
    return ChangedAnswer(changed=is_new)


@management.get("/label-studio")
async def show_label_studio() -> LabelStudioAnswer:
    """Show the Label Studio to which predictions are pushed."""
    return LabelStudioAnswer(url=settings().label_studio_url, token=bool(token().read()))
