"""doctor: each finding, its fix, and silence where all is well."""

import json
from datetime import UTC, datetime

import pytest

from labelloop import bootstrap
from labelloop.bucket.archive import Archive
from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project
from labelloop.bucket.unread import Unread, UnreadTasks
from labelloop.cli import check_backend
from labelloop.cli.backend import Answer
from labelloop.domain.intake.events import Task
from labelloop.domain.serving.options import Options
from labelloop.errors import Unavailable
from tests.builders import card, free_text_config, unreadable_config
from tests.integration.cli.conftest import URL


@pytest.fixture
def healthy(world):
    """A connected project with a model whose predictions are shown."""
    world.told("connect")
    (task,) = world.studio.import_tasks(world.project, [{"text": "A text"}])
    version = world.publish()
    prediction = {"task": task, "result": [], "score": 0.5, "model_version": version}
    world.studio.add_predictions(world.project, [prediction])
    world.studio.change_project(world.project, model_version=version)
    world.survey()
    return world


def found(world) -> dict[str, dict[str, str]]:
    told = world.told("doctor", exit_code=1)
    assert all(row["fix"] for row in told["findings"])
    return {row["name"]: row for row in told["findings"]}


def only_finding(world) -> dict[str, str]:
    ((_, finding),) = found(world).items()
    return finding


def test_where_all_is_well_nothing_is_found(healthy):
    told = healthy.told("doctor")

    assert told["findings"] == []
    assert {row["outcome"] for row in told["checks"]} == {"ok"}
    assert "All is well" in healthy.run("doctor").output


def test_a_backend_that_is_not_connected(healthy):
    healthy.admin.rows.clear()

    assert found(healthy)["ML backend"]["fix"] == "run `labelloop connect`"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"url": "https://old.example.com"}, "leads to https://old.example.com"),
        ({"state": "DI", "readable_state": "Disconnected"}, "sees it as Disconnected"),
        ({"auth_method": "NONE"}, "authentication differs"),
    ],
)
def test_a_backend_that_is_set_otherwise(healthy, damage, told):
    next(iter(healthy.admin.rows.values())).update(damage)

    assert told in only_finding(healthy)["detail"]


def test_the_management_password_in_the_urls(healthy):
    for rows in (healthy.admin.rows, healthy.admin.hooks):
        (row,) = rows.values()
        row["url"] = row["url"].replace("https://", "https://labelloop:example-password@")
        row |= {"headers": {}, "auth_method": "NONE"}

    told = found(healthy)

    assert {row["fix"] for row in told.values()} == {"run `labelloop connect`"}
    assert list(told) == ["ML backend", "webhook"]
    assert "management password" in told["webhook"]["detail"]
    assert "example-password" not in str(told)


def test_the_management_password_where_annotators_can_read_it(healthy):
    (hook,), (backend,) = healthy.admin.hooks.values(), healthy.admin.rows.values()
    hook["headers"] = {"x-api-key": "example-password"}
    assert "management password" in only_finding(healthy)["detail"]

    healthy.told("connect")
    backend["basic_auth_user"] = "labelloop"
    assert "management password" in only_finding(healthy)["detail"]


def test_a_password_that_annotators_could_guess(healthy, cold_start):
    healthy.aws.ssm.put_parameter(Name="/labelloop/test", Value="labelloop:short", Overwrite=True)
    cold_start()
    short = {"LABELLOOP_URL": "https://labelloop:short@loop.example.com"}
    healthy.run("connect", **short)

    told = healthy.run("doctor", "--json", **short)

    (finding,) = json.loads(told.stdout)["findings"]
    assert finding["name"] == "password"


def test_another_backend_that_predicts_instead(healthy):
    healthy.admin.rows[0] = {"id": 0, "url": "https://other.example.com", "title": "other"}

    assert "only one that predicts" in only_finding(healthy)["detail"]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"headers": {}}, "no credentials"),
        ({"is_active": False}, "switched off"),
        ({"send_for_all_actions": False, "actions": []}, "all actions"),
    ],
)
def test_a_webhook_that_tells_nothing(healthy, damage, told):
    next(iter(healthy.admin.hooks.values())).update(damage)

    assert told in only_finding(healthy)["detail"]


def test_a_webhook_too_many_or_none(healthy):
    healthy.admin.create_webhook(healthy.project, f"{URL}/webhook")
    assert "2 of them" in only_finding(healthy)["detail"]
    healthy.admin.hooks.clear()
    assert "missing" in only_finding(healthy)["detail"]


def test_an_order_that_is_not_by_score(healthy):
    healthy.studio.change_project(healthy.project, sampling="Sequential sampling")

    assert "Sequential sampling" in only_finding(healthy)["detail"]


def test_the_trap_of_the_live_title(healthy):
    healthy.studio.backend_title = "Labelloop"
    healthy.studio.change_project(healthy.project, model_version="Labelloop")

    assert "title of a live backend" in only_finding(healthy)["detail"]


def test_an_older_version_that_is_still_shown(healthy):
    healthy.publish(2)

    assert "2-aaaaaaaa is active" in only_finding(healthy)["detail"]


def test_a_version_without_predictions(healthy):
    healthy.studio.delete_predictions(healthy.project, "1-aaaaaaaa")

    assert "has no predictions" in only_finding(healthy)["detail"]


@pytest.mark.parametrize(
    ("gained", "fix"), [(0.0, "labelloop options --encoder"), (0.2, "labelloop encoder try")]
)
def test_an_encoder_that_sees_little_of_the_texts_is_noted(healthy, gained, fix):
    project = Project(bootstrap.store(), healthy.key)
    version = project.active_version()
    little = {"log_loss": gained, "error": 0.01, "hits": 0.0, "without": 0.5, "rows": 150}
    stored = project.card(version)
    assert stored
    body = json.dumps(stored.to_json() | {"vectors_add": little, "encoder": "minilm-1"}).encode()
    key = f"projects/{healthy.key}/models/{version}/card.json"
    bootstrap.store().delete([key])
    bootstrap.store().create(key, body)

    (noted,) = [row for row in healthy.told("doctor")["checks"] if row["name"] == "encoder"]

    assert noted["outcome"] == "note"
    assert fix in noted["fix"]


def test_tasks_in_letters_that_the_encoder_does_not_know_are_noted(healthy):
    project = Project(bootstrap.store(), healthy.key)
    project.set_options(project.options(), Options(encoder="minilm"))
    for task in healthy.studio._tasks.values():
        task["data"] = {"text": "Обслуживание отличное"}

    (noted,) = [row for row in healthy.told("doctor")["checks"] if row["name"] == "language"]

    assert noted["outcome"] == "note"
    assert "Cyrillic" in noted["detail"]
    assert "labelloop encoder add e5" in noted["fix"]


def test_events_that_were_lost(healthy):
    (task, *_) = healthy.studio._tasks
    healthy.studio.annotate(task, "Positive")

    assert only_finding(healthy)["fix"] == "run `labelloop repair`"


def test_tasks_that_no_event_told_of(healthy):
    healthy.studio.import_tasks(healthy.project, [{"text": "A text"}] * 3)

    finding = only_finding(healthy)

    assert (finding["name"], finding["fix"]) == ("tasks", "run `labelloop repair`")
    assert "4 in Label Studio, 1 known" in finding["detail"]


def test_tasks_whose_deletion_was_lost(healthy):
    at = "2026-11-28T00:00:00Z"
    Pool(bootstrap.store(), healthy.key).add("gone", [Task(999, at, at, {"text": "Gone"})])

    finding = found(healthy)["tasks"]

    assert "deletions were lost" in finding["detail"]
    assert finding["fix"] == "run `labelloop repair`"


def test_a_dataset_that_is_damaged_is_mended_by_one_command(healthy):
    store = bootstrap.store()
    store.delete(one.key for one in list(store.list(f"projects/{healthy.key}/datasets/")))

    assert found(healthy)["dataset"]["fix"] == "run `labelloop repair`"
    assert "run `labelloop repair`" in healthy.run("status").output


def test_a_project_that_label_studio_had_no_more(healthy):
    archive = Archive(bootstrap.store(), healthy.key)
    archive.put("Label Studio has no project 1 any more", datetime.now(UTC))

    assert "no project 1 any more" in found(healthy)["project"]["detail"]
    assert "archived" in healthy.run("status").output


def test_deletions_that_were_lost(labelled):
    labelled.told("connect")
    labelled.fold()
    for page in list(labelled.studio.tasks(labelled.project)):
        labelled.studio.delete_task(page[0]["id"])

    assert "deletions were lost" in found(labelled)["labels"]["detail"]


def test_a_deployment_without_a_token(healthy, cold_start):
    healthy.aws.ssm.delete_parameter(Name="/labelloop/label-studio-token")
    cold_start()

    assert "no token" in only_finding(healthy)["detail"]


def test_a_deployment_that_pushes_elsewhere(healthy):
    told = healthy.told("doctor", "--label-studio", "https://elsewhere.example.com", exit_code=1)

    assert [row["name"] for row in told["findings"]] == ["push"]


def test_a_token_that_is_refused(healthy):
    healthy.admin.refused = True

    assert "Account & Settings" in only_finding(healthy)["fix"]


def test_a_token_that_may_not_change_the_project(healthy, monkeypatch):
    from labelloop.errors import Denied

    def refuse(*_, **__):
        raise Denied("PATCH /api/projects/1/: Label Studio answered 403")

    monkeypatch.setattr(healthy.studio, "change_project", refuse)

    assert "can't be changed" in only_finding(healthy)["detail"]


def test_wrong_credentials(healthy, cold_start):
    healthy.aws.ssm.put_parameter(Name="/labelloop/test", Value="a:b", Overwrite=True)
    cold_start()

    assert only_finding(healthy)["name"] == "credentials"


@pytest.mark.parametrize(
    ("host", "fix"),
    [("loop.example.com", "aws ssm get-parameter"), ("127.0.0.1:9090", "`make up` printed")],
)
def test_a_wrong_password_is_the_only_problem(healthy, host, fix):
    """What Label Studio has is compared with the password: `connect` would be refused too."""
    wrong = {"LABELLOOP_URL": f"http://labelloop:a-mistyped-password@{host}"}

    told = json.loads(healthy.run("doctor", "--json", **wrong).stdout.splitlines()[-1])

    (finding,) = told["findings"]
    assert finding["name"] == "credentials"
    assert fix in finding["fix"]
    refused = json.loads(healthy.run("status", "--json", **wrong).stdout.splitlines()[-1])
    assert fix in refused["fix"]


@pytest.mark.parametrize(
    ("options", "told", "fix"),
    [
        (["--url", "https://loop.example.com"], "no user and password", "LABELLOOP_URL"),
        (["--project", "999"], "has no project 999", "--project"),
    ],
)
def test_what_was_given_wrongly_is_one_problem_with_its_own_fix(healthy, options, told, fix):
    found = healthy.told("doctor", *options, exit_code=1)["findings"]

    assert [told in row["detail"] and fix in row["fix"] for row in found] == [True]


def test_a_labelloop_that_is_down_does_not_hide_what_label_studio_says(healthy, monkeypatch):
    from labelloop.cli import session as session_module
    from labelloop.cli.backend import Backend

    healthy.studio.change_project(healthy.project, sampling="Sequential sampling")
    nothing = lambda *_: (404, b"{}")  # noqa: E731
    monkeypatch.setattr(session_module, "open_backend", lambda at: Backend(at, nothing))

    assert list(found(healthy)) == ["url", "order"]


def test_a_label_studio_that_is_down_does_not_hide_what_labelloop_says(healthy, monkeypatch):
    def down(*_):
        raise Unavailable("Label Studio can't be reached at https://ls", "check that it runs")

    monkeypatch.setattr(healthy.admin, "whoami", down)
    tell = healthy.told("doctor", exit_code=1)

    assert [row["fix"] for row in tell["findings"]] == ["check that it runs"]
    assert "1-aaaaaaaa is served" in [row["detail"] for row in tell["checks"]]


def test_a_label_config_that_cannot_be_learnt(healthy):
    healthy.studio.change_project(healthy.project, label_config=unreadable_config())

    finding = only_finding(healthy)
    assert "Choices 'label' is about Video 'text'" in finding["detail"]
    assert "Settings > Labeling Interface" in finding["fix"]


def test_a_new_project_of_such_a_config_is_told_of_nothing_else(labelled):
    labelled.studio.change_project(labelled.project, label_config=unreadable_config())
    labelled.told("connect")
    labelled.fold()

    told = labelled.told("doctor", exit_code=1)

    names = {row["name"] for row in told["checks"] if row["outcome"] != "ok"}
    assert "label config" in names
    assert not names & {"model", "model_version"}
    fixes = " ".join(str(row["fix"]) for row in told["checks"])
    assert "wait a minute" not in fixes
    assert "label more tasks" not in fixes


def test_a_label_config_of_which_only_the_order_is_made_is_no_problem(labelled):
    labelled.studio.change_project(labelled.project, label_config=free_text_config())
    labelled.told("connect")
    labelled.fold()
    labelled.rank()

    told = labelled.told("doctor")

    details = [row["detail"] for row in told["checks"]]
    assert "none, by design" in details
    assert any(each.startswith("tasks are ordered by $text, not predicted") for each in details)
    assert "no model, by design" in labelled.run("status").output


def test_a_model_that_was_lost_is_a_problem_and_one_that_is_to_come_is_not(labelled):
    labelled.told("connect")
    labelled.fold()
    told = labelled.told("doctor", exit_code=1)
    (young,) = [row for row in told["checks"] if row["name"] == "model"]
    assert (young["outcome"], young["fix"]) == ("note", "label more tasks")
    assert "4 labels of 2 classes" in young["detail"]
    assert "All is well" not in labelled.run("doctor").output

    project = Project(bootstrap.store(), labelled.key)
    project.add_model(b"", card("1-aaaaaaaa"))

    assert "there was one" in found(labelled)["model"]["detail"]


def test_labels_that_are_not_usable_are_told_with_their_tasks(labelled):
    labelled.told("connect")
    tasks = [page for rows in labelled.studio.tasks(labelled.project) for page in rows]
    labelled.studio.annotate(tasks[4]["id"], "Neutral")
    labelled.told("backfill")
    labelled.fold()

    told = labelled.told("doctor", exit_code=1)

    (row,) = [row for row in told["checks"] if row["name"] == "labels learnt"]
    assert "4 of 5 annotations are usable" in row["detail"]
    assert f"(Neutral): task {tasks[4]['id']}" in row["detail"]


def test_images_that_cannot_be_read_are_named_with_what_mends_it(healthy):
    where = "https://files.example.com/cat.jpg"
    forbidden = "the host files.example.com is not among FetchHosts"
    rows = [
        (forbidden, "add it to the parameter FetchHosts", False),
        ("the server answered 404", "", True),
        ("the server answered 503", "", False),
    ]
    unread = [
        Unread(n + 1, "2026-11-23T09:00:00.000000+00:00", *row[:2], where, row[2])
        for n, row in enumerate(rows)
    ]
    project = Project(bootstrap.store(), healthy.key)
    tasks = UnreadTasks.after(1, unread, 0.0)
    project.unread.note(project.active_version(), "", 0, tasks)

    told = healthy.told("doctor", exit_code=1)

    (finding,) = told["findings"]
    assert finding["name"] == "files"
    assert f"1 can't be read: {forbidden}; such as task 1 ({where})" in finding["detail"]
    assert finding["fix"] == "add it to the parameter FetchHosts; then run `labelloop rank`"
    missing, down = [row for row in told["checks"] if row["outcome"] == "note"]
    assert "404" in missing["detail"]
    assert "correct the addresses" in missing["fix"]
    assert "503" in down["detail"]
    assert "tried again from 1970-01-01T00:05:00+00:00" in down["fix"]
    shown = healthy.run("status").output
    assert "3 tasks are left out, with images or texts that can't be read" in " ".join(
        shown.split()
    )


def test_a_project_of_another_database_with_the_same_number(healthy):
    """A Label Studio made anew gives its projects the same numbers again."""
    made_later = "2027-01-01T00:00:00.000000Z"
    known = healthy.studio._projects[healthy.project]
    Project(bootstrap.store(), healthy.key).set_ordered()
    known["created_at"] = made_later

    assert "another database" in found(healthy)["project"]["detail"]


def test_a_wrong_address(healthy, monkeypatch):
    from labelloop.cli import session as session_module
    from labelloop.cli.backend import Backend

    nothing = lambda *_: (404, b"{}")  # noqa: E731
    monkeypatch.setattr(session_module, "open_backend", lambda at: Backend(at, nothing))

    assert only_finding(healthy)["name"] == "url"


@pytest.mark.parametrize(("path", "seconds"), [("/health", 1.2), ("/setup", 3.4)])
def test_a_backend_that_is_too_slow(healthy, monkeypatch, path, seconds):
    from labelloop.cli.backend import Backend

    honest = Backend.try_once

    def slow(self, method, where, body=None):
        answer = honest(self, method, where, body)
        return Answer(answer.status, answer.body, seconds) if where == path else answer

    monkeypatch.setattr(Backend, "try_once", slow)
    finding = only_finding(healthy)

    assert finding["name"] == f"latency of {path}"
    assert f"worst {seconds:.2f} s" in finding["detail"]


def test_an_address_of_the_own_network_that_is_refused(healthy, monkeypatch):
    monkeypatch.setattr("labelloop.cli.address.Address.is_private", lambda _: True)
    next(iter(healthy.admin.rows.values()))["state"] = "ER"

    assert "ML_BLOCK_LOCAL_IP" in only_finding(healthy)["fix"]


def test_every_latency_is_measured_several_times(healthy):
    before = healthy.sent.count("GET /health")
    healthy.told("doctor")

    assert healthy.sent.count("GET /health") - before == check_backend._TRIES + 1
