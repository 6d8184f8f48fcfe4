"""The bodies of requests and answers, for checking and for the OpenAPI page."""

from typing import Any, Final, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, ValidationError

from labelloop.domain.project_key import PROJECT_PATTERN
from labelloop.domain.serving.options import STRATEGY_NAMES
from labelloop.errors import Unprocessable

# Told on the page, and checked further in, where the refusal is worded for people.
PROJECT_SCHEMA: Final[dict[str, Any]] = {"pattern": f"^{PROJECT_PATTERN}$"}
_TIME_SCHEMA: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}
_TASK_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "data", "created_at", "updated_at"],
    "properties": {
        "id": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        "data": {"type": "object"},
        "created_at": _TIME_SCHEMA,
        "updated_at": _TIME_SCHEMA,
    },
}
_STRATEGY_SCHEMA: Final[dict[str, Any]] = {"enum": [*STRATEGY_NAMES, None]}


class Body(BaseModel):
    """A request's body."""

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """Return the request; Unprocessable names what is off, and repeats nothing of it."""
        try:
            return cls.model_validate(body)
        except ValidationError as exc:
            wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
            raise Unprocessable("; ".join(wrong)) from None

    @classmethod
    def openapi(cls) -> dict[str, Any]:
        """Return what the OpenAPI page says of a route that takes this body."""
        content = {"application/json": {"schema": cls.model_json_schema()}}
        return {"requestBody": {"required": True, "content": content}}


class PredictBody(Body):
    """What Label Studio sends to /predict. Tasks are taken as they come."""

    tasks: list[Any] = Field(description="tasks, each an object with its `data`")
    project: str = Field(
        description="`<id>.<created>`, the name Label Studio gives a project",
        json_schema_extra=PROJECT_SCHEMA,
    )
    label_config: str = Field(description="the project's label config, XML")
    params: dict[str, Any] | None = Field(
        None, description="login, password, interactive `context`"
    )
    extra_params: Any = Field(None, description="an object, or its JSON text: not used")


class ProjectRequest(Body):
    """Names a project."""

    project: str = Field(
        description="`<id>.<created>`, as /projects lists it", json_schema_extra=PROJECT_SCHEMA
    )


class ActivateRequest(ProjectRequest):
    """Names a version of a project."""

    version: str = Field(description="one of /versions")


class OptionsRequest(ProjectRequest):
    """Options to choose; null takes a choice back, and what is left out stays."""

    strategy: str | None = Field(
        None,
        description=f"one of {', '.join(STRATEGY_NAMES)}",
        json_schema_extra=_STRATEGY_SCHEMA,
    )
    delete_predictions: StrictBool | None = Field(
        None, description="whether older versions' predictions are deleted in Label Studio"
    )


class BackfillRequest(ProjectRequest):
    """Labelled tasks that no webhook told of."""

    tasks: list[Any] = Field(description="tasks of Label Studio's JSON export")
    label_config: str | None = Field(None, description="the project's label config now, XML")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="the project as Label Studio's API shows it now, what decides when a task is "
        "done: maximum_annotations, skip_queue, control_weights",
    )


class TasksRequest(ProjectRequest):
    """Tasks of a Label Studio that only the sender reaches, with or without labels."""

    tasks: list[Any] = Field(
        description="tasks, each with `id`, `data`, and its times",
        json_schema_extra={"items": _TASK_SCHEMA},
    )
    label_config: str | None = Field(
        None, description="with the last tasks: the project's label config, XML. Asks for the order"
    )


class CompareRequest(ProjectRequest):
    """All that Label Studio has of a range of ids, to be compared where AWS can't ask it."""

    tasks: list[dict[str, Any]] = Field(
        description="all tasks with an id above `after` up to `upto`, each with all annotations"
    )
    after: StrictInt = Field(ge=0)
    upto: StrictInt = Field(ge=0)
    as_of: StrictInt = Field(
        ge=0, le=4_102_444_800, description="a time of Label Studio's clock before it was asked, s"
    )
    settings: dict[str, Any] = Field(
        description="the project as Label Studio's API shows it: label_config, "
        "maximum_annotations, skip_queue, control_weights"
    )


class TokenRequest(Body):
    """Label Studio's token: a legacy token or a personal access token."""

    token: str = Field(pattern=r"^[!-~]{8,4096}$", description="kept as a SecureString")


class TaskPrediction(BaseModel):
    """The prediction for one task: regions, the task's place in the queue, the version."""

    result: list[dict[str, Any]]
    score: float = Field(description="lowest first: the place in the queue")
    model_version: str


class PredictAnswer(BaseModel):
    """One result for each task, in the order of the tasks."""

    results: list[TaskPrediction]


class VersionsAnswer(BaseModel):
    """Versions, newest first."""

    versions: list[str]


class PastVersion(BaseModel):
    """A version, and what its card says."""

    version: str
    trained_at: str
    labels: int
    accuracy: float | None = Field(description="on the random share; null where it has no label")
    accuracy_low: float | None
    accuracy_high: float | None
    accuracy_words: str
    outcome: str = Field(description="active, served before, or refused")
    why: str = Field(description="why it was served or refused when it was trained")


class HistoryAnswer(BaseModel):
    """The newest versions, newest first."""

    active: str
    versions: list[PastVersion]
    older: int = Field(description="how many versions there are beyond these")


class ProjectsAnswer(BaseModel):
    """The projects that anything is stored for."""

    projects: list[str]


class OptionsAnswer(BaseModel):
    """What is chosen for a project; null = as the stack is set."""

    strategy: str | None
    delete_predictions: bool | None


class DoubtedLabel(BaseModel):
    """A label that may be wrong."""

    task: int
    label: str
    suggested: str
    doubt: float = Field(description="how likely the label is wrong, 0 to 1")
    why: str


class StatusAnswer(BaseModel):
    """Where a project stands."""

    project: str
    version: str
    pinned: bool
    trained_on: int = Field(description="number of the snapshot that has been learnt")
    card: dict[str, Any] | None
    told: list[str] = Field(description="what the card's insights say, a line each")
    refused: dict[str, Any] | None = Field(
        description="the newest version that was not served in place of this one, and why"
    )
    dataset: dict[str, Any] = Field(description="number of the newest snapshot, and its counts")
    learning: dict[str, Any] = Field(
        description="which control is learnt, and how many annotations are usable, by reason"
    )
    no_model: dict[str, Any] | None = Field(
        description="why no model is served, and whether there was one; null where one is"
    )
    pool: dict[str, Any] = Field(
        description="tasks known (null: not counted yet), when they were last compared with Label"
        " Studio's, how many have been while it is being done"
    )
    damaged: str = Field(description="what is wrong with the stored dataset, empty if nothing is")
    repair: dict[str, Any] | None = Field(
        description="what was damaged last, the snapshot it went on from, and whether labels may "
        "be missing since"
    )
    pending_events: int
    quarantined_events: int
    put_off: dict[str, Any] | None = Field(
        description="trainings that did not end: how many in a row, why, when the next one begins"
    )
    archived: dict[str, Any] | None = Field(
        description="why nothing is ranked: Label Studio has the project no more, since when"
    )
    options: OptionsAnswer


class DoubtsAnswer(BaseModel):
    """Labels worth a second look, best first, as the active version sees them."""

    version: str
    doubts: list[DoubtedLabel]


class SentAnswer(BaseModel):
    """The tasks that were sent: names of pages, by what they hold."""

    sent: list[str]
    is_listed: bool = Field(description="whether the last of them were sent")


class Place(BaseModel):
    """A task's place in the order, and what is suggested for it."""

    task: int
    score: float
    result: list[dict[str, Any]]


class OrderAnswer(BaseModel):
    """The active version's order, or how far it is."""

    version: str
    order: int = Field(description="counts the version's orders; 0: none is placed yet")
    is_listed: bool
    parts: int = Field(description="of the pool, to be scored")
    scored: int
    changed_at: str = Field(description="when the newest dataset was stored")
    keeps_predictions: bool = Field(description="whether older versions' predictions stay")
    total: int = Field(description="places in the order")
    tasks: list[Place]
    next: int | None = Field(description="where to go on, if there is more")


class ChangedAnswer(BaseModel):
    """Whether the request changed anything."""

    changed: bool


class ComparedAnswer(BaseModel):
    """How many annotations and tasks differed; that they are taken over is under way."""

    differed: int


class RepairAnswer(BaseModel):
    """What was found; that it is mended, compared and ranked again is asked for."""

    damaged: str = Field(description="what is wrong with the stored dataset, empty if nothing is")
    seq: int = Field(description="number of the newest snapshot")
    annotations: int = Field(description="how many it holds, 0 if it cannot be read")


class AcceptedAnswer(BaseModel):
    """The request was taken; what it asks for happens in the background."""

    status: str = "accepted"
    event: str | None = Field(None, description="the stored event, if one was")


class LabelStudioAnswer(BaseModel):
    """The Label Studio that predictions are pushed to."""

    url: str = Field(description="empty: none, so nothing is pushed")
    token: bool = Field(description="whether one is stored; it is never shown")


class ErrorAnswer(BaseModel):
    """What was wrong, and what to do."""

    error: str
