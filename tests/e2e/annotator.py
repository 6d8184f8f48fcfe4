"""What a person does in a project of Label Studio, through the calls that its pages make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.label_studio import LabelStudio

Json = dict[str, Any]
TRIES = 5
CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="label" toName="text" choice="single" showInLine="true">{choices}</Choices>'
    "</View>"
)


@dataclass(frozen=True)
class Shown:
    """The task that an annotator got, and what the order should have been by the scores."""

    task: int
    text: str
    version: str
    is_lowest: bool
    is_ranked: bool


class Annotator:
    """One person and one project."""

    failures: list[str] = []

    def __init__(self, label_studio: LabelStudio, title: str, labels: Sequence[str]) -> None:
        headers = {"Authorization": f"Token {label_studio.legacy_token}"}
        self._http = httpx.Client(
            base_url=label_studio.url, headers=headers, timeout=120, trust_env=False
        )
        choices = "".join(f'<Choice value="{label}"/>' for label in labels)
        config = CONFIG.format(choices=choices)
        made = self.ask("POST", "/api/projects/", json={"title": title, "label_config": config})
        self.project: int = made["id"]

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Return the answer. Who sees Label Studio fail tries again; `failures` counts that."""
        for _ in range(TRIES):
            answer = self._http.request(method, path, **options)
            if answer.status_code < 500:
                break
            self.failures.append(f"{method} {path}: {answer.status_code}")
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def settings(self) -> Json:
        project: Json = self.ask("GET", f"/api/projects/{self.project}/")
        return project

    def bring(self, tasks: Sequence[Json]) -> list[int]:
        path = f"/api/projects/{self.project}/import"
        made = self.ask("POST", path, params={"return_task_ids": "true"}, json=list(tasks))
        ids: list[int] = made["task_ids"]
        return ids

    def next_task(self) -> Shown:
        """Take the next task, and see whether its score is the lowest of the active version.

        Looks at the scores before and after: a new version may come in between.
        """
        before = self.scores()
        task = self.ask("GET", f"/api/projects/{self.project}/next")
        after = self.scores()
        lowest = [
            scores and min(scores, key=lambda id_: scores[id_]) for _, scores in (before, after)
        ]
        version, scores = after
        return Shown(
            task["id"], task["data"]["text"], version, task["id"] in lowest, task["id"] in scores
        )

    def scores(self) -> tuple[str, dict[int, float]]:
        """Return the active version, and the scores it gives to the tasks nobody has labelled."""
        version = self.settings()["model_version"] or ""
        predictions = self.ask("GET", "/api/predictions/", params={"project": self.project})
        done = self.labelled()
        scores = {
            one["task"]: one["score"]
            for one in predictions
            if one["model_version"] == version and one["task"] not in done
        }
        return version, scores

    def shown_predictions(self) -> list[Json]:
        """Return the active version's predictions for what is to be labelled, what is next first.

        Those of the random share hold no suggestion.
        """
        version, scores = self.scores()
        predictions = self.ask("GET", "/api/predictions/", params={"project": self.project})
        shown = [
            one for one in predictions if one["model_version"] == version and one["task"] in scores
        ]
        return sorted(shown, key=lambda one: float(one["score"]))

    def labelled(self) -> set[int]:
        tasks = self.ask(
            "GET",
            "/api/tasks/",
            params={"project": self.project, "page_size": 5000, "include": "id,is_labeled"},
        )["tasks"]
        return {task["id"] for task in tasks if task["is_labeled"]}

    def label(self, task: int, label: str) -> int:
        return self._annotate(task, result=result(label))

    def skip(self, task: int) -> int:
        return self._annotate(task, result=[], was_cancelled=True)

    def change(self, annotation: int, label: str) -> None:
        self.ask("PATCH", f"/api/annotations/{annotation}/", json={"result": result(label)})

    def undo(self, annotation: int) -> None:
        self.ask("DELETE", f"/api/annotations/{annotation}/")

    def accept_predictions(self, tasks: Sequence[int]) -> None:
        """Data Manager > Actions > Create Annotations From Predictions.

        The page asks which version's, and offers the one that is shown first.
        """
        self.act_on(
            "predictions_to_annotations", tasks, model_version=self.settings()["model_version"]
        )

    def delete_tasks(self, tasks: Sequence[int]) -> None:
        self.act_on("delete_tasks", tasks)

    def export(self) -> list[Json]:
        params = {"exportType": "JSON"}
        tasks: list[Json] = self.ask("GET", f"/api/projects/{self.project}/export", params=params)
        return tasks

    def _annotate(self, task: int, **fields: Any) -> int:
        made = self.ask("POST", f"/api/tasks/{task}/annotations/", json=fields | {"lead_time": 1.5})
        return int(made["id"])

    def act_on(self, action: str, tasks: Sequence[int], **choices: Any) -> None:
        """Data Manager > Actions, on some tasks."""
        self._act(action, {"all": False, "included": list(tasks)}, choices)

    def act_on_all(self, action: str, **choices: Any) -> None:
        """Data Manager > Actions, on all tasks."""
        self._act(action, {"all": True, "excluded": []}, choices)

    def _act(self, action: str, selected: Json, choices: Json) -> None:
        self.ask(
            "POST",
            "/api/dm/actions",
            params={"id": action, "project": self.project},
            json={"project": self.project, "selectedItems": selected, **choices},
        )


def result(label: str) -> list[Json]:
    return [
        {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}
    ]
