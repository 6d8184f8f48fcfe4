"""Versions, backfill, rank: what each command does, its JSON, and how it fails."""

import json
import subprocess
import sys

import pytest

from labelloop.cli import session as session_module
from labelloop.cli.backfill import chunks
from labelloop.errors import Denied, TooLarge, Unavailable
from labelloop.labelstudio import MOST_BODY_BYTES
from tests.integration.cli.conftest import LABEL_STUDIO

AT = "2026-11-23T09:00:00Z"


def exported(id_: int, text: str = "A text") -> dict[str, object]:
    annotation = {"id": id_, "created_at": AT, "updated_at": AT, "result": [], "lead_time": 1.5}
    task = {"id": id_, "created_at": AT, "updated_at": AT, "data": {"text": text}, "meta": {}}
    return task | {"annotations": [annotation], "predictions": [1]}


def test_the_status_is_told(world):
    version = world.publish()

    assert world.told("status")["version"] == version
    assert version in world.run("status").output


def test_the_versions_are_listed_newest_first(world):
    names = [world.publish(1), world.publish(2)]

    told = world.told("versions")

    assert (told["versions"], told["active"]) == (names[::-1], names[1])
    assert f"* {names[1]}" in world.run("versions").output


def test_a_project_without_versions_has_none(world):
    assert world.told("versions")["versions"] == []


def test_a_version_is_activated_once(world):
    first, _ = world.publish(1), world.publish(2)

    assert world.told("activate", first)["changed"] is True
    assert world.told("activate", first)["changed"] is False


def test_rolling_back_goes_one_version_back_each_time(world):
    first, second, third = world.publish(1), world.publish(2), world.publish(3)

    told = world.told("rollback")

    assert (told["version"], told["instead_of"]) == (second, third)
    assert world.told("rollback")["version"] == first
    assert "no version before" in world.told("rollback", exit_code=1)["error"]


def test_a_version_is_pinned_and_let_go(world):
    world.publish()

    assert world.told("pin") == {"project": world.key, "changed": True}
    assert world.told("status")["pinned"]
    assert "(pinned)" in world.run("status").output
    assert world.told("unpin")["changed"] is True


@pytest.mark.parametrize("name", ["train", "rank"])
def test_work_is_asked_for(world, name):
    assert world.told(name)["status"] == "accepted"
    assert f"POST /{name}" in world.sent


def test_labels_come_from_the_api(labelled):
    told = labelled.told("backfill")

    assert told == {"project": labelled.key, "requests": 1, "tasks": 4, "annotations": 4}


def test_labels_come_from_an_export_file(world, tmp_path):
    file = tmp_path / "export.json"
    file.write_text(json.dumps([exported(1), exported(2), exported(3) | {"annotations": []}]))

    told = world.told("backfill", "--from", str(file))

    assert (told["tasks"], told["annotations"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "why"),
    [("{", "not JSON"), ("{}", "JSON-MIN"), ('[{"id": 1}]', "JSON-MIN"), (None, "No such file")],
)
def test_a_file_that_is_no_export_is_told_of(world, tmp_path, text, why):
    file = tmp_path / "export.json"
    if text is not None:
        file.write_text(text)

    assert why in world.told("backfill", "--from", str(file), exit_code=1)["error"]


@pytest.mark.parametrize("text", ["x", '"', "\u00e9", "\U0001f642", "\\"])
def test_requests_fit_lambda_whatever_the_texts_hold(text):
    tasks = [exported(i, text * 300_000) for i in range(1, 21)]

    def escaped(chunk: object) -> int:
        body = json.dumps(chunk, ensure_ascii=False)
        return len(json.dumps(body, ensure_ascii=False).encode())

    sizes = [escaped(chunk) for chunk in chunks(tasks)]

    assert len(sizes) > 1
    assert max(sizes) < 5_000_000 < MOST_BODY_BYTES
    assert sum(len(chunk) for chunk in chunks(tasks)) == 20


def test_only_what_is_learnt_from_is_sent():
    ((task,),) = chunks([exported(1)])

    assert set(task) == {"id", "created_at", "updated_at", "data", "annotations"}
    assert "lead_time" not in task["annotations"][0]


def test_a_task_that_no_request_can_hold_is_told_of():
    with pytest.raises(TooLarge, match="task 1"):
        list(chunks([exported(1, "x" * 5_000_000)]))


def test_watching_pushes_each_new_version_once(labelled, monkeypatch):
    labelled.publish()

    def predicted(body):
        rows = json.loads(body)["tasks"]
        one = {"result": [], "model_version": "1-aaaaaaaa"}
        return [one | {"score": 1 / row["id"]} for row in rows]

    send = session_module.open_backend

    def with_predictions(address):
        backend = send(address)
        inner = backend._send

        def to(method, path, body):
            if path == "/predict":
                return 200, json.dumps({"results": predicted(body)}).encode()
            return inner(method, path, body)

        backend._send = to
        return backend

    monkeypatch.setattr(session_module, "open_backend", with_predictions)

    told = labelled.told("rank", "--watch", "--rounds", "2", "--every", "0.1")

    project = labelled.studio.project(labelled.project)
    assert [row["outcome"] for row in told["steps"]] == ["done"]
    assert (project["model_version"], project["sampling"]) == ("1-aaaaaaaa", "Uncertainty sampling")
    left = [t["id"] for page in labelled.studio.tasks(labelled.project) for t in page][4:]
    pushed = labelled.studio.predictions_of(labelled.project, "1-aaaaaaaa")
    assert sorted(one["task"] for one in pushed) == left
    assert labelled.studio.next_task(labelled.project) == max(left)


def test_options_are_chosen_shown_and_taken_back(world):
    world.publish()

    assert world.told("options")["options"] == {"strategy": None, "delete_predictions": None}
    told = world.told("options", "--strategy", "entropy", "--keep-predictions")
    assert told["options"] == {"strategy": "entropy", "delete_predictions": False}
    assert "strategy = entropy" in world.run("options").stdout
    told = world.told("options", "--reset", "--strategy", "margin")
    assert told["options"] == {"strategy": "margin", "delete_predictions": None}


def test_an_option_that_does_not_exist_is_told_with_those_that_do(world):
    world.publish()

    told = world.told("options", "--strategy", "best", exit_code=1)

    assert "margin, entropy" in told["error"]


def test_watching_goes_on_while_label_studio_is_down(world):
    world.publish()
    world.studio.down = True

    assert world.run("rank", "--watch", "--rounds", "1").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["status", "--bogus"], ["activate"], ["rank", "--every", "x"]]
)
def test_a_wrong_command_line_exits_with_2(world, arguments):
    assert world.run(*arguments).exit_code == 2


def test_without_an_address_the_usage_is_told(world):
    assert world.run("status", LABELLOOP_URL=None).exit_code == 2


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("loop.example.com", "https://user:password@host"),
        ("https://loop.example.com", "no credentials"),
        ("https://labelloop:wrong@loop.example.com:x", "not an address"),
    ],
)
def test_an_address_that_is_none_is_told_of(world, url, why):
    assert why in world.told("status", "--url", url, exit_code=1)["error"]


def test_a_host_that_does_not_answer_is_told_of(world, monkeypatch):
    monkeypatch.undo()
    result = world.run("status", "--url", "http://u:made-up-password@127.0.0.1:9", "--project=1.2")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not answer at http://127.0.0.1:9" in result.stderr
    assert "made-up-password" not in result.output


def test_a_page_that_is_no_labelloop_is_told_of(world, monkeypatch):
    from labelloop.cli.backend import Backend

    html = lambda *_: (200, b"<html>")  # noqa: E731
    monkeypatch.setattr(session_module, "open_backend", lambda at: Backend(at, html))

    assert "no Labelloop" in world.told("status", exit_code=1)["error"]


def test_wrong_credentials_are_told_of(world):
    world.aws.ssm.put_parameter(Name="/labelloop/test", Value="a:b", Overwrite=True)

    assert "refuses the credentials" in world.told("status", exit_code=1)["error"]


@pytest.mark.parametrize("name", ["connect", "disconnect", "backfill", "status", "pin"])
def test_an_unknown_project_is_told_of(world, name):
    told = world.told(name, "--project", "999", exit_code=1)

    assert "has no project 999" in told["error"]


@pytest.mark.parametrize("project", ["x", "1.x", "../1.2"])
def test_a_project_that_is_no_number_is_told_of(world, project):
    assert world.run("status", "--project", project).exit_code == 1


def test_a_token_that_is_refused_is_told_of(world, monkeypatch):
    world.studio.denied = True

    told = world.told("connect", exit_code=1)

    assert "refuses the token" in told["error"]


def test_without_a_token_nobody_is_asked_unless_at_a_terminal(world):
    result = world.run("connect", LABEL_STUDIO_TOKEN=None)

    assert result.exit_code == 1
    assert "LABEL_STUDIO_TOKEN" in result.stderr


def test_without_label_studio_the_project_is_found_by_its_number(world):
    world.publish()

    assert json.loads(world.run("status", "--json", LABEL_STUDIO_URL=None).stdout)["project"]


@pytest.mark.parametrize("error", [Denied("no"), Unavailable("down\nfor good")])
@pytest.mark.parametrize("name", ["connect", "disconnect", "backfill", "doctor"])
def test_whatever_fails_is_one_line_and_no_traceback(world, monkeypatch, name, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(world.studio, "project", fail)

    result = world.run(name)

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") <= 1


def test_it_runs_as_a_module_too():
    run = subprocess.run(
        [sys.executable, "-m", "labelloop.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "disconnect" in run.stdout
    assert LABEL_STUDIO not in run.stdout
