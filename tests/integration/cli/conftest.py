"""The command line between the real handlers, on moto, and Label Studio in memory."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.adapters.label_studio_answer import RENEW
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.cli import first_order, wiring
from labelloop.cli import session as session_module
from labelloop.cli.address import Address
from labelloop.cli.app import app
from labelloop.cli.backend import MOST_ESCAPED_BYTES, Backend
from labelloop.cli.session import Studio
from labelloop.domain.intake.folding import Dataset
from labelloop.errors import Denied, Rejected
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.ordering.rank import rank
from tests.builders import card, label_config
from tests.conftest import SECRET, load_event
from tests.fakes import MemoryLabelStudio, MemoryQueue
from tests.integration.conftest import CONTEXT

URL = "https://loop.example.com"
LABEL_STUDIO = "https://label-studio.example.com"
_LIGHT = ("/health", "/setup", "/webhook")


class MemoryAdmin:
    """What a person sets up in Label Studio.

    `refused`: the token does not work; `late`: how often a backend still answers too late.
    """

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.hooks: dict[int, dict[str, Any]] = {}
        self.passwords: dict[int, str] = {}  # of the backends: stored, and shown to nobody
        self.writes = 0
        self.refused = self.unreachable = False
        self.late = 0

    def whoami(self) -> dict[str, Any]:
        if self.refused:
            raise Denied("GET /api/current-user/whoami: Label Studio answered 401", RENEW)
        return {"email": "someone@example.com"}

    def backends(self, project: int) -> list[dict[str, Any]]:
        self.late, seen = max(0, self.late - 1), {"state": "ER"} if self.late else {}
        return [row | seen for row in self.rows.values()]

    def create_backend(self, project: int, url: str, title: str, **fields: Any) -> dict[str, Any]:
        if self.unreachable:
            raise Rejected("POST /api/ml/: Label Studio answered 400")
        if not any(hook["url"] == f"{url}/webhook" for hook in self.hooks.values()):
            self.create_webhook(project, f"{url}/webhook")
        row: dict[str, Any] = {"id": self._write(), "state": "CO"}
        self.rows[row["id"]] = row | self._backend(url, fields | {"title": title})
        self.passwords[row["id"]] = fields.get("basic_auth_pass", "")
        return self.rows[row["id"]]

    def change_backend(self, id_: int, project: int, url: str, **fields: Any) -> dict[str, Any]:
        self._write()
        self.rows[id_] |= self._backend(url, fields) | {"state": "CO"}
        self.passwords[id_] = fields.get("basic_auth_pass", "")
        return self.rows[id_]

    def delete_backend(self, id_: int) -> None:
        self._write()
        del self.rows[id_], self.passwords[id_]

    def webhooks(self, project: int) -> list[dict[str, Any]]:
        return [dict(hook) for hook in self.hooks.values()]

    def create_webhook(
        self, project: int, url: str, *, actions: Any = (), **fields: Any
    ) -> dict[str, Any]:
        hook: dict[str, Any] = {"id": self._write(), "url": url, "is_active": True}
        self.hooks[hook["id"]] = hook | {"headers": {}} | self._actions(actions) | fields
        return self.hooks[hook["id"]]

    def change_webhook(self, id_: int, *, actions: Any = (), **fields: Any) -> dict[str, Any]:
        self._write()
        self.hooks[id_] |= self._actions(actions) | fields
        return self.hooks[id_]

    def delete_webhook(self, id_: int) -> None:
        self._write()
        del self.hooks[id_]

    def _write(self) -> int:
        self.writes += 1
        return self.writes

    @staticmethod
    def _actions(actions: Any) -> dict[str, Any]:
        all_ = not actions
        return {"send_for_all_actions": all_, "actions": list(actions), "send_payload": True}

    @staticmethod
    def _backend(url: str, fields: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in fields.items() if name != "basic_auth_pass"}
        return {"url": url, "basic_auth_pass_is_set": "basic_auth_pass" in fields} | shown


class World(SimpleNamespace):
    """Both ends, and a way to run commands between them."""

    studio: MemoryLabelStudio
    admin: MemoryAdmin
    project: int
    key: str
    sent: list[str]
    most_bytes: int  # of a request
    run: Callable[..., Any]
    told: Callable[..., dict[str, Any]]

    def publish(self, seq: int = 1) -> str:
        """Publish a version as training does."""
        project, name = Project(bootstrap.store(), self.key), f"{seq}-aaaaaaaa"
        if not project.dataset_pointer().etag:
            project.add_dataset(project.dataset_pointer(), Dataset())
        project.add_model(b"", card(name, trained_at="2026-11-23T12:00:00+00:00", labels=10))
        after = project.active()
        to = ActivePointer(name, seq, FORMAT, switch=after.value.switch + 1)
        project.switch(after, to, {"why": "test"})
        return name

    def fold(self) -> None:
        """Do what the trainer does with events; with too few labels there is no version."""
        from labelloop.messages import WakeUp
        from labelloop.usecases.learning.train import train

        train(WakeUp(self.key, "sweep"), bootstrap.train_deps())

    def rank(self) -> None:
        """Do what the ranking function does when it is asked."""
        queue: Any = MemoryQueue()
        deps = replace(bootstrap.rank_deps(), rank_queue=queue, label_studio=lambda: self.studio)
        queue.send(RankWakeUp(self.key), 0)
        while queue.sent:
            rank(queue.sent.pop(0)[0], deps)

    def survey(self) -> None:
        """Do what the sweep does: compare all tasks and labels with Label Studio's."""
        from datetime import UTC, datetime, timedelta

        from labelloop.labelstudio.project import StudioProject
        from labelloop.usecases.intake.survey import SurveyDeps, survey

        deps = SurveyDeps(
            store=bootstrap.store(),
            train_queue=bootstrap.queue(),
            rank_queue=bootstrap.rank_queue(),
        )
        survey(StudioProject(self.studio, self.key), deps, datetime.now(UTC) + timedelta(minutes=1))


def send(at: Address, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
    """Hand a request to the function that API Gateway would hand it to."""
    where, _, query = path.partition("?")
    event = load_event("predict-versions" if body is None else "predict-predict")
    event |= {"rawPath": where, "rawQueryString": unquote(query), "body": (body or b"").decode()}
    event["headers"]["authorization"] = at.basic
    event["requestContext"]["http"] |= {"path": where, "method": method}
    function = "webhook" if where in _LIGHT else "predict"
    answer = import_module(f"functions.{function}.app").lambda_handler(event, CONTEXT)
    return answer["statusCode"], answer["body"].encode()


@pytest.fixture
def world(aws: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("LABEL_STUDIO_URL", LABEL_STUDIO)  # the deployment's setting
    studio, admin = MemoryLabelStudio(), MemoryAdmin()
    project = studio.create_project(label_config=label_config())
    sent: list[str] = []

    def noted(at: Address, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        sent.append(f"{method} {path.partition('?')[0]}")
        return send(at, method, path, body)

    monkeypatch.setattr("labelloop.cli.address.Address.is_private", lambda _: False)  # no DNS
    monkeypatch.setattr(wiring, "LOOKS_S", [0.0] * len(wiring.LOOKS_S))
    monkeypatch.setattr(first_order, "LOOKS_S", [0.0])
    monkeypatch.setattr(
        session_module,
        "open_backend",
        lambda at: Backend(at, partial(noted, at), made.most_bytes),
    )
    monkeypatch.setattr(
        session_module,
        "open_studio",
        lambda url, token: Studio(url, token, studio, cast(Any, admin)),
    )
    environment = {
        "LABELLOOP_URL": f"https://{SECRET}@loop.example.com",
        "LABEL_STUDIO_URL": LABEL_STUDIO,
        "LABEL_STUDIO_TOKEN": "made-up-token",
    }

    def run(*arguments: str, **changed: str | None) -> Any:
        name, *rest = arguments
        return CliRunner().invoke(
            app, [name, "--project", str(project), *rest], env=environment | changed
        )

    def told(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
        result = run(*arguments, "--json")
        assert result.exit_code == exit_code, result.output
        answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])  # behind our own log
        return answer

    key = key_of(studio.project(project))
    made: World = World(
        studio=studio,
        admin=admin,
        project=project,
        key=key,
        sent=sent,
        run=run,
        told=told,
        aws=aws,
        most_bytes=MOST_ESCAPED_BYTES,
    )
    return made


@pytest.fixture
def labelled(world: World) -> World:
    """A project in which four of six tasks are labelled."""
    tasks = world.studio.import_tasks(world.project, [{"text": f"Text {i}"} for i in range(6)])
    for place, task in enumerate(tasks[:4]):
        world.studio.annotate(task, ("Positive", "Negative")[place % 2])
    return world
