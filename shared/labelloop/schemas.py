"""The bodies of /predict and /versions, for checking and for the OpenAPI page."""

from typing import Any

from pydantic import BaseModel, Field, ValidationError

from labelloop.errors import Unprocessable


class PredictRequest(BaseModel):
    """What Label Studio sends to /predict. Tasks are taken as they come."""

    tasks: list[Any] = Field(description="tasks, each an object with its `data`")
    project: str = Field(description="`<id>.<created>`, the name Label Studio gives a project")
    label_config: str = Field(description="the project's label config, XML")
    params: Any = Field(None, description="login, password, interactive `context`: not used")
    extra_params: Any = Field(None, description="an object, or its JSON text: not used")

    @classmethod
    def read(cls, body: dict[str, Any]) -> "PredictRequest":
        """Return the request; Unprocessable names what is off, and repeats nothing of it."""
        try:
            return cls.model_validate(body)
        except ValidationError as exc:
            wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
            raise Unprocessable("; ".join(wrong)) from None


class Result(BaseModel):
    """The prediction for one task: regions, the task's place in the queue, the version."""

    result: list[dict[str, Any]]
    score: float = Field(description="lowest first: the place in the queue")
    model_version: str


class PredictAnswer(BaseModel):
    """One result for each task, in the order of the tasks."""

    results: list[Result]


class VersionsAnswer(BaseModel):
    """Versions, newest first."""

    versions: list[str]


class ErrorAnswer(BaseModel):
    """What was wrong, and what to do."""

    error: str
