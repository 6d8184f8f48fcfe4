"""What a person sets up in Label Studio: backends, webhooks, tasks. For the CLI only."""

from collections.abc import Callable, Sequence
from typing import Any

from labelloop.adapters.label_studio_answer import Json, as_list, as_object, field
from labelloop.adapters.label_studio_http import LONG_READ_S, LabelStudioHttp


class LabelStudioAdmin:
    """One Label Studio, with the rights of a person's token."""

    def __init__(self, url: str, token: Callable[[], str], http: LabelStudioHttp | None = None):
        self.http = http or LabelStudioHttp(url, token)

    def whoami(self) -> Json:
        """Return the user that the token belongs to."""
        return as_object(self.http.ask("GET", "/api/current-user/whoami"))

    def release(self) -> str:
        """Return Label Studio's version, "unknown" if the answer has none."""
        return str(as_object(self.http.ask("GET", "/api/version/")).get("release") or "unknown")

    def projects(self) -> list[Json]:
        """Return the projects that the user may see, the newest 500."""
        answer = as_object(self.http.ask("GET", "/api/projects/", query={"page_size": 500}))
        return as_list(answer.get("results"))

    def backends(self, project: int) -> list[Json]:
        """Return a project's ML backends. Label Studio calls /health of each first."""
        answer = self.http.ask("GET", "/api/ml/", query={"project": project}, read_s=LONG_READ_S)
        return as_list(answer)

    def create_backend(self, project: int, url: str, title: str, **fields: Any) -> Json:
        """Connect an ML backend; Label Studio calls it at once, and creates the webhook."""
        body = {"project": project, "url": url, "title": title} | fields
        return as_object(self.http.ask("POST", "/api/ml/", body, read_s=LONG_READ_S))

    def change_backend(self, id_: int, project: int, url: str, **fields: Any) -> Json:
        """Change a backend. Its address, user and password must be sent each time."""
        body = {"project": project, "url": url} | fields
        return as_object(self.http.ask("PATCH", f"/api/ml/{id_:d}", body, read_s=LONG_READ_S))

    def delete_backend(self, id_: int) -> None:
        """Disconnect a backend. Label Studio leaves its webhook behind."""
        self.http.ask("DELETE", f"/api/ml/{id_:d}", read_s=LONG_READ_S)

    def start_training(self, backend: int) -> None:
        """Do what the button Start Training does."""
        self.http.ask("POST", f"/api/ml/{backend:d}/train", {}, read_s=LONG_READ_S)

    def webhooks(self, project: int) -> list[Json]:
        """Return a project's webhooks."""
        return as_list(self.http.ask("GET", "/api/webhooks/", query={"project": project}))

    def create_webhook(
        self, project: int, url: str, *, actions: Sequence[str] = (), **fields: Any
    ) -> Json:
        """Create a webhook for the named actions, or for all if none is named."""
        body = {"project": project, "url": url} | _actions(actions) | fields
        return as_object(self.http.ask("POST", "/api/webhooks/", body))

    def change_webhook(self, id_: int, *, actions: Sequence[str] = (), **fields: Any) -> Json:
        """Change a webhook. Its actions are sent each time: Label Studio deletes them otherwise."""
        return as_object(
            self.http.ask("PATCH", f"/api/webhooks/{id_:d}/", _actions(actions) | fields)
        )

    def delete_webhook(self, id_: int) -> None:
        """Delete a webhook."""
        self.http.ask("DELETE", f"/api/webhooks/{id_:d}/")

    def import_tasks(self, project: int, tasks: list[Json]) -> list[int]:
        """Import tasks (their data, or {data, annotations, predictions}); return their ids."""
        path, query = f"/api/projects/{project:d}/import", {"return_task_ids": "true"}
        answer = as_object(self.http.ask("POST", path, tasks, query=query, read_s=LONG_READ_S))
        return field(answer, "task_ids", list)


def _actions(actions: Sequence[str]) -> Json:
    return {"send_for_all_actions": not actions, "actions": list(actions), "send_payload": True}
