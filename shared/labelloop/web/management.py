"""The routes that people steer a project with: the command line calls them, and so may scripts."""

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
)
from labelloop.bucket.project import Project, projects
from labelloop.config import settings
from labelloop.labelstudio.payloads import project_key, read_export, read_json, read_tasks
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.intake.accept import accept
from labelloop.usecases.intake.compare import compare
from labelloop.usecases.intake.feed import feed
from labelloop.usecases.intake.repair import repair
from labelloop.usecases.ordering.show_order import show_order
from labelloop.usecases.serving.activate import activate
from labelloop.usecases.serving.choose import choose
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.list_history import list_history
from labelloop.usecases.serving.pin import pin, unpin
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
)


async def _refuse_browsers(request: Request) -> None:
    """Let no web page change anything with credentials that somebody's browser keeps."""
    if request.method not in ("GET", "HEAD"):
        refuse_pages(request.headers)
        if await request.body():  # without one nothing changes
            refuse_forms(request.headers)


management = APIRouter(tags=["management"], dependencies=[Depends(_refuse_browsers)])


async def _read[B: Body](kind: type[B], request: Request) -> B:
    return kind.read(read_json(await request.body()))


@management.get("/projects")
async def list_projects() -> ProjectsAnswer:
    """List the projects that anything is stored for."""
    return ProjectsAnswer(projects=list(projects(store())))


@management.get("/status")
async def show_status(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> StatusAnswer:
    """Show what a project serves, what that learnt from, and what waits."""
    return StatusAnswer.model_validate(describe(project_key(project), store()))


@management.get("/history")
async def show_history(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> HistoryAnswer:
    """List the newest versions: when they were trained, their accuracy, served or refused."""
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
    asked = await _read(ActivateRequest, request)
    key = project_key(asked.project)
    return ChangedAnswer(changed=activate(key, asked.version, activate_deps()))


@management.post("/pin", openapi_extra=ProjectRequest.openapi())
async def pin_version(request: Request) -> ChangedAnswer:
    """Keep the version that is served; labels are collected, and wait."""
    asked = await _read(ProjectRequest, request)
    return ChangedAnswer(changed=pin(project_key(asked.project), pin_deps()))


@management.post("/unpin", openapi_extra=ProjectRequest.openapi())
async def unpin_version(request: Request) -> ChangedAnswer:
    """Learn what waited, and go on switching."""
    asked = await _read(ProjectRequest, request)
    return ChangedAnswer(changed=unpin(project_key(asked.project), pin_deps()))


@management.post("/train", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_training(request: Request) -> AcceptedAnswer:
    """Learn what waits now, without the quiet period."""
    asked = await _read(ProjectRequest, request)
    queue().send(WakeUp(project_key(asked.project), "start_training"), 0)
    return AcceptedAnswer()


@management.post("/rank", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_ranking(request: Request) -> AcceptedAnswer:
    """Rank the pool again, push the order to Label Studio, and look for tasks we don't know."""
    asked = await _read(ProjectRequest, request)
    key = project_key(asked.project)
    rank_queue().send(RankWakeUp(key), 0)
    rank_queue().send(RankWakeUp(key, "survey"), 0)
    return AcceptedAnswer()


@management.post("/compare", status_code=202, openapi_extra=CompareRequest.openapi())
async def compare_page(request: Request) -> ComparedAnswer:
    """Take over what differs from Label Studio in a range of tasks, deletions too."""
    asked = await _read(CompareRequest, request)
    as_of = datetime.fromtimestamp(asked.as_of, UTC)
    page = asked.tasks, (asked.after, asked.upto), as_of, datetime.now(UTC), asked.settings
    return ComparedAnswer(differed=compare(project_key(asked.project), page, compare_deps()))


@management.post("/repair", status_code=202, openapi_extra=ProjectRequest.openapi())
async def start_repair(request: Request) -> RepairAnswer:
    """Check what is stored; have it mended, compared with Label Studio, and ranked again."""
    asked = await _read(ProjectRequest, request)
    return RepairAnswer.model_validate(repair(project_key(asked.project), repair_deps()))


@management.put("/options", openapi_extra=OptionsRequest.openapi())
async def choose_options(request: Request) -> OptionsAnswer:
    """Choose a project's options over the stack's settings."""
    asked = await _read(OptionsRequest, request)
    choices = asked.model_dump(exclude_unset=True, exclude={"project"})
    options = choose(project_key(asked.project), choices, choose_deps())
    return OptionsAnswer.model_validate(asdict(options))


@management.post("/backfill", status_code=202, openapi_extra=BackfillRequest.openapi())
async def backfill(request: Request) -> AcceptedAnswer:
    """Take labelled tasks of an export. The same ones again change nothing."""
    asked = await _read(BackfillRequest, request)
    now = datetime.now(UTC)
    event = read_export(asked.project, asked.tasks, now, asked.label_config, asked.settings)
    return AcceptedAnswer(event=accept(event, accept_deps()))


@management.post("/tasks", status_code=202, openapi_extra=TasksRequest.openapi())
async def take_tasks(request: Request) -> AcceptedAnswer:
    """Take tasks to be ordered, of a Label Studio that AWS can't reach."""
    asked, now = await _read(TasksRequest, request), datetime.now(UTC)
    key, tasks = project_key(asked.project), read_tasks(asked.tasks)
    config = asked.label_config
    event = None if config is None else read_export(key, [], now, config)
    feed(key, tasks, feed_deps(), event)
    return AcceptedAnswer()


@management.get("/tasks")
async def show_tasks(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
) -> SentAnswer:
    """Say which tasks were sent here."""
    pool = Project(store(), project_key(project)).pool
    return SentAnswer(sent=pool.sent(), is_listed=pool.is_listed())


@management.get("/order")
async def show_placed(
    project: Annotated[str, Query(json_schema_extra=PROJECT_SCHEMA)],
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 5_000,
) -> OrderAnswer:
    """Show the order of the active version's tasks, or how far it is."""
    keeps = settings().superseded_predictions == "keep"
    key = project_key(project)
    told = show_order(key, store(), start, limit, keeps_predictions=keeps)
    return OrderAnswer.model_validate(told)


@management.put("/label-studio", openapi_extra=TokenRequest.openapi())
async def store_token(request: Request) -> ChangedAnswer:
    """Keep Label Studio's token."""
    asked, secret = await _read(TokenRequest, request), token()
    is_new = secret.read() != asked.token
    if is_new:
        secret.write(asked.token)
    return ChangedAnswer(changed=is_new)


@management.get("/label-studio")
async def show_label_studio() -> LabelStudioAnswer:
    """Say which Label Studio predictions are pushed to."""
    return LabelStudioAnswer(url=settings().label_studio_url, token=bool(token().read()))
