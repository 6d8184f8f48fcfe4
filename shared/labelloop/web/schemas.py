"""The bodies of requests and answers, for checking and for the OpenAPI page."""

from typing import Any, Final, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, ValidationError

from labelloop.domain.project_key import PROJECT_PATTERN
from labelloop.domain.serving.options import ENCODER_NAME, STRATEGY_NAMES
from labelloop.errors import Unprocessable

# For the OpenAPI page only: the checks are further in, with error messages for people.
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
        """Return the request; Unprocessable names the invalid fields, without their values."""
        try:
            return cls.model_validate(body)
        except ValidationError as exc:
            wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
            raise Unprocessable("; ".join(wrong)) from None

    @classmethod
    def openapi(cls) -> dict[str, Any]:
        """Return the OpenAPI description of a route's request body."""
        content = {"application/json": {"schema": cls.model_json_schema()}}
        return {"requestBody": {"required": True, "content": content}}


class PredictBody(Body):
    """What Label Studio sends to /predict. The tasks are not checked here."""

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
    """Options to choose; null removes a choice, and options left out stay as they are."""

    strategy: str | None = Field(
        None,
        description=f"one of {', '.join(STRATEGY_NAMES)}",
        json_schema_extra=_STRATEGY_SCHEMA,
    )
    delete_predictions: StrictBool | None = Field(
        None, description="whether older versions' predictions are deleted in Label Studio"
    )
    encoder: str | None = Field(
        None,
        description="minilm, none, or the name of an encoder in the stack's bucket",
        pattern=ENCODER_NAME,
    )


class BackfillRequest(ProjectRequest):
    """Labelled tasks that no webhook delivered."""

    tasks: list[Any] = Field(description="tasks of Label Studio's JSON export")
    label_config: str | None = Field(None, description="the project's label config now, XML")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="the settings that decide when a task is done, as Label Studio's API shows them"
        " now: maximum_annotations, skip_queue, control_weights",
    )


class TasksRequest(ProjectRequest):
    """Tasks of a Label Studio that AWS can't reach, with or without labels."""

    tasks: list[Any] = Field(
        description="tasks, each with `id`, `data`, and its times",
        json_schema_extra={"items": _TASK_SCHEMA},
    )
    label_config: str | None = Field(
        None,
        description="with the last tasks: the project's label config, XML. Starts the ranking",
    )


class CompareRequest(ProjectRequest):
    """All tasks of Label Studio in a range of ids, to be compared if AWS can't reach it."""

    tasks: list[dict[str, Any]] = Field(
        description="all tasks with an id above `after` up to `upto`, each with all annotations"
    )
    after: StrictInt = Field(ge=0)
    upto: StrictInt = Field(ge=0)
    as_of: StrictInt = Field(
        ge=0,
        le=4_102_444_800,
        description="a time before the tasks were read, by Label Studio's clock, in s since 1970",
    )
    settings: dict[str, Any] = Field(
        description="the project as Label Studio's API shows it: label_config, "
        "maximum_annotations, skip_queue, control_weights"
    )


class TokenRequest(Body):
    """Label Studio's token: a legacy token or a personal access token."""

    token: str = Field(pattern=r"^[!-~]{8,4096}$", description="stored as a SecureString")


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
    """A version, and facts from its card."""

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
    """The projects for which anything is stored."""

    projects: list[str]


class OptionsAnswer(BaseModel):
    """The options chosen for a project; null: the stack's setting applies."""

    strategy: str | None
    delete_predictions: bool | None
    encoder: str | None = None


class DoubtedLabel(BaseModel):
    """A label that may be wrong."""

    task: int
    label: Any = Field(description="as the kind of labelling has it: a text, a list, a number")
    suggested: Any
    doubt: float = Field(description="how likely the label is wrong, 0 to 1")
    why: str


class WorkUnderWay(BaseModel):
    """A training or a ranking that is under way."""

    work: str = Field(description="training or ranking")
    stage: str
    percent: int | None = Field(description="of the stage; null: it can't be counted")
    noted_at: str = Field(description="the last sign of work")


class StatusAnswer(BaseModel):
    """The state of a project."""

    project: str
    version: str
    pinned: bool
    trained_on: int = Field(description="number of the snapshot that the version was trained on")
    made_by: str = Field(
        description="`imported`, or the version's recipe in words; empty for a built-in one"
    )
    card: dict[str, Any] | None
    told: list[str] = Field(description="the card's insights, as one sentence each")
    refused: dict[str, Any] | None = Field(
        description="the newest version that was not served in place of this one, and why"
    )
    dataset: dict[str, Any] = Field(description="number of the newest snapshot, and its counts")
    learning: dict[str, Any] = Field(
        description="which control is learnt, how many annotations are usable, and why others "
        "are not"
    )
    no_model: dict[str, Any] | None = Field(
        description="why no model is served, or nothing is predicted by the one that is, and "
        "whether there was one; null if one is served"
    )
    pool: dict[str, Any] = Field(
        description="number of tasks known (null: not counted yet), when they were last compared "
        "with Label Studio's, and how many were compared so far if that is under way"
    )
    unread: dict[str, Any] | None = Field(
        description="tasks left out because their images or texts can't be read: how many, why, "
        "what mends it, some examples, and when they are tried again; null if there are none"
    )
    damaged: str = Field(description="what is wrong with the stored dataset, empty if nothing is")
    repair: dict[str, Any] | None = Field(
        description="the last damage, the snapshot that was restored, and whether labels may be "
        "missing since"
    )
    progress: list[WorkUnderWay] = Field(description="what is under way; empty: nothing is")
    pending_events: int
    quarantined_events: int
    put_off: dict[str, Any] | None = Field(
        description="trainings that did not end: how many in a row, why, when the next one begins"
    )
    archived: dict[str, Any] | None = Field(
        description="why and since when nothing is ranked: the project is no longer in Label Studio"
    )
    options: OptionsAnswer
    replaced: str = Field(
        description="the version that the active one, an imported model, took the place of"
    )


class DoubtsAnswer(BaseModel):
    """Labels worth a second look, best first, as the active version sees them."""

    version: str
    doubts: list[DoubtedLabel]


class SentAnswer(BaseModel):
    """The pages of tasks that were sent; their names are digests of their contents."""

    sent: list[str]
    is_listed: bool = Field(description="whether all pages were sent")


class Place(BaseModel):
    """A task's place in the order, and its prediction."""

    task: int
    score: float
    result: list[dict[str, Any]]
    is_pushable: bool = Field(
        default=True, description="whether Label Studio's import of predictions accepts the result"
    )


class OrderAnswer(BaseModel):
    """The active version's order of the tasks, or how far its ranking is."""

    version: str
    order: int = Field(description="number of the version's newest order; 0: there is none yet")
    is_listed: bool
    parts: int = Field(description="how many parts of the pool are to be scored")
    scored: int
    changed_at: str = Field(description="when the newest dataset was stored")
    keeps_predictions: bool = Field(description="whether older versions' predictions stay")
    total: int = Field(description="places in the order")
    tasks: list[Place]
    next: int | None = Field(description="the `start` of the next page; null: there is none")


class ChangedAnswer(BaseModel):
    """Whether the request changed anything."""

    changed: bool


class ComparedAnswer(BaseModel):
    """How many annotations and tasks differed; taking them over is under way."""

    differed: int


class RepairAnswer(BaseModel):
    """The state of the dataset; mending, comparing and ranking are under way."""

    damaged: str = Field(description="what is wrong with the stored dataset, empty if nothing is")
    seq: int = Field(description="number of the newest snapshot")
    annotations: int = Field(description="how many that snapshot holds, 0 if it cannot be read")


class AcceptedAnswer(BaseModel):
    """The request was accepted, and is carried out in the background."""

    status: str = "accepted"
    event: str | None = Field(None, description="the name of the stored event, if there is one")


class TrainAnswer(AcceptedAnswer):
    """The request was accepted; the training may find nothing to learn."""

    learnt_by: str = Field("", description="the version that has learnt all labels, if one has")


class LabelStudioAnswer(BaseModel):
    """The Label Studio to which predictions are pushed."""

    url: str = Field(description="empty if there is none: nothing is pushed")
    token: bool = Field(description="whether a token is stored; it is never shown")


class ErrorAnswer(BaseModel):
    """What was wrong, and what to do about it."""

    error: str
    fix: str = Field(default="", description="missing where `error` says it all")
