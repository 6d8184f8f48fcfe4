"""The ML backend as Label Studio sees it: a few HTTP requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from labelloop.errors import LabelloopError
from labelloop.local.annotator import DemoTask, predict_request, setup_request
from labelloop.local.project import DemoProject, Json

PREDICT_TIMEOUT_S = 100  # Label Studio's own time limit
QUICK_TIMEOUT_S = 30  # more than Label Studio's: a machine busy with training may answer late


class BackendFailed(LabelloopError):
    """The backend did not answer, or its answer breaks the contract."""


@dataclass(frozen=True)
class SeenPrediction:
    """A prediction from the backend. `label`: None without one; lowest score = label first."""

    label: str | None
    score: float
    version: str


class DemoBackend:
    """Calls a backend as Label Studio does; BackendFailed for answers that it could not use."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def check_health(self) -> None:
        """Raise BackendFailed unless /health answers."""
        self._ask("GET", "health", None)

    def version(self, project: DemoProject) -> str:
        """Return the version of the project that the backend serves."""
        return str(self._ask("POST", "setup", setup_request(project)).get("model_version"))

    def send(self, event: Json) -> None:
        """Send one webhook event."""
        self._ask("POST", "webhook", event)

    def predict(
        self, project: DemoProject, tasks: Sequence[DemoTask], are_labelled: bool = False
    ) -> list[SeenPrediction]:
        """Return one prediction per task, in the order of the tasks, from one request."""
        request = predict_request(project, tasks, are_labelled)
        results = self._ask("POST", "predict", request).get("results", [])
        if len(results) != len(tasks):
            raise BackendFailed(f"/predict gave {len(results)} results for {len(tasks)} tasks")
        return [_prediction(result) for result in results]

    def _ask(self, method: str, route: str, body: Json | None) -> Json:
        limit_s = PREDICT_TIMEOUT_S if route == "predict" else QUICK_TIMEOUT_S
        try:
            answer = self._client.request(method, route, json=body, timeout=limit_s)
        except httpx.HTTPError as error:
            raise BackendFailed(
                f"/{route} did not answer: {error or type(error).__name__}"
            ) from error
        if not answer.is_success:
            raise BackendFailed(f"/{route} answered {answer.status_code}: {answer.text[:200]}")
        return _json_object(answer, route)


def _json_object(answer: httpx.Response, route: str) -> Json:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BackendFailed(f"/{route} did not answer with a JSON object")
    return body


def _prediction(result: dict[str, Any]) -> SeenPrediction:
    try:
        labels = [label for region in result["result"] for label in region["value"]["choices"]]
        score, version = float(result["score"]), str(result["model_version"])
    except (KeyError, TypeError, ValueError) as error:
        raise BackendFailed(f"/predict did not predict a choice: {result}") from error
    return SeenPrediction(labels[0] if labels else None, score, version)
