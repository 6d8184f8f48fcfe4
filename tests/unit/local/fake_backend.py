"""A backend in memory, behind the HTTP client that the demo talks through."""

import json
from collections import defaultdict
from typing import Any

import httpx

from labelloop.local.project import DemoProject

LABELS = ["acq", "earn"]


class FakeBackend:
    """Trains after every so many annotations; /predict is a request behind /setup each time."""

    def __init__(self, labels_per_version: int = 2) -> None:
        self.labels_per_version = labels_per_version
        self.annotated: dict[str, list[Any]] = defaultdict(list)
        self.served: dict[str, str] = defaultdict(lambda: "untrained")
        self.asked: list[str] = []
        self.tasks_at_once: list[int] = []
        self.retrains_at_request = 1_000_000
        self.asked_as_labelled: dict[int, bool] = {}

    def labelled_tasks(self, project: DemoProject) -> list[int]:
        return [event["task"]["id"] for event in self.annotated[str(project.id)]]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        body = json.loads(request.content) if request.content else {}
        return httpx.Response(200, json=getattr(self, request.url.path.strip("/"))(body))

    def health(self, body: Any) -> Any:
        return {"status": "UP"}

    def webhook(self, body: Any) -> Any:
        self.annotated[str(body["project"]["id"])].append(body)
        return {}

    def setup(self, body: Any) -> Any:
        return {"model_version": self._newest(body["project"])}

    def predict(self, body: Any) -> Any:
        self.tasks_at_once.append(len(body["tasks"]))
        self.asked_as_labelled |= {task["id"]: task["is_labeled"] for task in body["tasks"]}
        version = self.served[body["project"]]
        self.served[body["project"]] = self._newest(body["project"])
        return {"results": [self._result(task, version) for task in body["tasks"]]}

    def _newest(self, project: str) -> str:
        count = len(self.annotated[project.partition(".")[0]]) // self.labels_per_version
        count += len(self.asked) >= self.retrains_at_request
        return f"{count}-abc" if count else "untrained"

    def _result(self, task: Any, version: str) -> Any:
        choices = {"choices": [task["data"]["text"].split()[0]]}
        region = {"from_name": "label", "to_name": "text", "type": "choices", "value": choices}
        result = [] if version == "untrained" else [region]
        return {"result": result, "score": 1 / task["id"], "model_version": version}
