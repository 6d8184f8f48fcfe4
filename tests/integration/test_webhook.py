"""functions/webhook on moto: what Label Studio sends, and what anybody else may."""

import base64
import json
from importlib import metadata

import pytest

from labelloop.recipes import forget_added
from labelloop.web.credentials import events_pair, ml_pair
from tests.conftest import load_event

ACCEPTED = [
    "webhook-annotation-created",
    "webhook-annotation-updated",
    "webhook-annotation-skipped",
    "webhook-annotations-created",
    "webhook-annotations-deleted",
    "webhook-tasks-created",
    "webhook-tasks-deleted",
    "webhook-project-updated",
    "webhook-start-training",
]
SECRETS = ("PROJECT_TOKEN", "LEGACY_TOKEN", "TASK_DATA_PASSWORD", "example-password")


PROJECT = json.loads(load_event("webhook-setup")["body"])["project"]
PASSWORD = "example-password"


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def with_headers(name: str, **headers: str) -> dict:
    kept = {k: v for k, v in load_event(name)["headers"].items() if k != "authorization"}
    return {"headers": kept | headers}


@pytest.mark.parametrize("name", ["webhook-health", "webhook-setup", *ACCEPTED])
def test_no_recipe_of_ones_own_is_loaded_for_it(name, call, monkeypatch):
    """The webhook function has no layer for them; a slow one would cost it its second."""
    forget_added()
    asked: list[str] = []

    def entry_points(group: str) -> list[object]:
        asked.append(group)
        return []

    monkeypatch.setattr(metadata, "entry_points", entry_points)

    assert call(name).status in (200, 202)
    assert not asked


def test_health_answers_anybody_with_json(call):
    answer = call("webhook-health", **with_headers("webhook-health"))

    assert (answer.status, answer.body) == (200, {"status": "UP"})


def test_setup_answers_the_version(call):
    assert call("webhook-setup").body == {"model_version": "untrained"}


@pytest.mark.parametrize("name", ACCEPTED)
def test_each_event_of_label_studio_is_stored_and_sends_one_wake_up(call, keys, aws, name):
    answer = call(name)

    assert answer.status == 202
    (key,) = keys("/events/")
    assert answer.body["event"] in key
    (message,) = aws.sqs.receive_message(QueueUrl=aws.queue_url)["Messages"]
    assert answer.body["event"] in message["Body"]


@pytest.mark.parametrize("name", ["webhook-action-only"])
def test_an_event_without_labels_is_answered_and_not_stored(call, keys, name):
    answer = call(name)

    assert (answer.status, answer.body["status"]) == (200, "ignored")
    assert not keys()


@pytest.mark.parametrize("name", [*ACCEPTED, "webhook-setup"])
def test_no_secret_is_stored_logged_or_answered(call, keys, aws, capsys, caplog, name):
    answer = call(name)

    stored = [aws.s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read() for key in keys()]
    output = capsys.readouterr()
    everything = answer.text + output.out + output.err + caplog.text + repr(stored)
    assert not [secret for secret in SECRETS if secret in everything]


@pytest.mark.parametrize("path", ["/setup", "/webhook", "/elsewhere", "/predict"])
@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer x", "Basic \ud800"])
def test_wrong_credentials_are_asked_for_again(call, keys, path, authorization):
    headers = {"authorization": authorization} if authorization else {}
    changes = with_headers("webhook-annotation-created", **headers)

    answer = call("webhook-annotation-created", path=path, **changes)

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert not keys()


def test_a_webhook_may_carry_the_password_in_a_header_of_its_own(call):
    changes = with_headers("webhook-annotation-created", **{"x-api-key": "example-password"})

    assert call("webhook-annotation-created", **changes).status == 202


@pytest.mark.parametrize("path", ["/setup", "/webhook"])
def test_without_a_secret_everything_but_health_is_refused(call, aws, path):
    aws.ssm.delete_parameter(Name="/labelloop/test")

    assert call("webhook-health").status == 200
    assert call("webhook-annotation-created", path=path).status == 403


def test_while_a_secret_is_rotated_both_are_let_in(call, aws):
    value = "labelloop:new\nlabelloop:example-password"
    aws.ssm.put_parameter(Name="/labelloop/test", Value=value, Type="SecureString", Overwrite=True)

    assert call("webhook-annotation-created").status == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('{"a":' * 50_000, 400),
        ('{"action": "ANNOTATION_EATEN"}', 422),
        ('{"action": 7}', 422),
        ("{}", 422),
        ('{"action": "ANNOTATION_CREATED", "annotation": {}, "task": {}}', 422),
        ('{"action": "ANNOTATIONS_DELETED", "project": {"id": "x"}}', 422),
        (" " * 6_100_000, 413),
    ],
    ids=range(10),
)
def test_a_body_nobody_can_use_gets_the_right_4xx_and_stores_nothing(call, keys, body, status):
    answer = call("webhook-annotation-created", body=body)

    assert answer.status == status
    assert set(answer.body) == {"error"}
    assert not keys()


def test_a_body_that_is_not_utf_8_is_not_json(call):
    body = base64.b64encode(b"\xff\xfe").decode()

    assert call("webhook-annotation-created", body=body, isBase64Encoded=True).status == 400


@pytest.mark.parametrize("project", ["38.1", "0038.1795398621", "38.17953986210"])
def test_setup_creates_nothing_for_an_odd_project(call, aws, project):
    body = json.loads(load_event("webhook-setup")["body"])
    body |= {"project": project, "extra_params": {"strategy": "entropy"}}

    assert call("webhook-setup", body=json.dumps(body)).status == 422
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=aws.bucket)


def test_setup_names_what_is_wrong(call):
    body = json.loads(load_event("webhook-setup")["body"])

    assert "project" in call("webhook-setup", body=json.dumps(body | {"project": "../1"})).text
    assert (
        "extra_params" in call("webhook-setup", body=json.dumps(body | {"extra_params": "{"})).text
    )


def test_extra_params_typed_into_the_ui_are_taken(call):
    body = json.loads(load_event("webhook-setup")["body"]) | {"extra_params": '{"a": 1}'}

    assert call("webhook-setup", body=json.dumps(body)).status == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/x", "GET", 404), ("/webhook", "GET", 405), ("/health", "POST", 405)],
)
def test_other_paths_and_methods_are_refused_with_json(call, path, method, status):
    answer = call("webhook-annotation-created", path=path, method=method)

    assert (answer.status, set(answer.body)) == (status, {"error"})


@pytest.mark.parametrize("path", ["/webhook/", "//webhook", "/webhook//"])
@pytest.mark.parametrize("function", ["webhook", "predict"])
def test_a_slash_too_many_loses_no_event(call, keys, path, function):
    """API Gateway has no route for such a path, and hands it to the predict function."""
    name = "webhook-annotation-created" if function == "webhook" else "predict-predict"
    body = load_event("webhook-annotation-created")["body"]

    answer = call(name, path=path, body=body)

    assert (answer.status, answer.body["status"]) == (202, "accepted")
    assert len(keys("/events/")) == 1


def test_a_slash_too_many_lets_nobody_in(call, keys):
    headers = {"authorization": "Basic bm9ib2R5Om5vYm9keQ=="}

    for path in ("/webhook/", "//setup", "/status/", "//predict"):
        assert call("predict-predict", path=path, headers=headers).status == 401
    assert keys("/events/") == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("webhook-health", "/health/"),
        ("predict-versions", "/health/"),
        ("predict-versions", "/versions/"),
        ("predict-versions", "/projects/"),
        ("predict-versions", "//openapi.json/"),
    ],
)
def test_a_slash_too_many_is_the_same_route(call, name, path):
    assert call(name, path=path).status == 200


def test_a_store_that_fails_is_a_503_that_is_logged(call, monkeypatch, caplog):
    from labelloop.adapters.s3_store import S3Store
    from labelloop.errors import Unavailable

    def fail(*_):
        raise Unavailable("AWS answered SlowDown")

    monkeypatch.setattr(S3Store, "create", fail)

    answer = call("webhook-annotation-created")

    assert answer.status == 503
    assert "request failed" in caplog.text


def test_a_defect_of_ours_is_a_500_without_a_traceback(call, monkeypatch):
    monkeypatch.setattr("labelloop.web.small_calls.read_event", lambda *_: 1 / 0)

    answer = call("webhook-annotation-created")

    assert (answer.status, answer.body) == (500, {"error": "internal error"})


@pytest.mark.parametrize("name", [one for one in ACCEPTED if one != "webhook-start-training"])
def test_a_webhook_is_let_in_by_what_opens_its_projects_events_alone(call, keys, name):
    mine, other = (basic(*events_pair(PASSWORD, key)) for key in (PROJECT, "39.1770000000"))

    assert call(name, **with_headers(name, **mine)).status == 202
    refused = call(name, **with_headers(name, **other))

    assert (refused.status, set(refused.body)) == (403, {"error"})
    assert len(keys("/events/")) == 1


def test_an_event_that_names_another_project_is_refused_before_anything_is_stored(call, keys):
    body = json.loads(load_event("webhook-annotation-created")["body"])
    body["project"]["id"] += 1
    pair = ":".join(events_pair(PASSWORD, PROJECT))
    changes = with_headers("webhook-annotation-created", **{"x-api-key": pair})

    assert call("webhook-annotation-created", body=json.dumps(body), **changes).status == 403
    assert not keys()


def test_label_studios_ml_calls_are_let_in_by_credentials_that_add_no_label(call, keys):
    calls = basic(*ml_pair(PASSWORD))

    assert call("webhook-setup", **with_headers("webhook-setup", **calls)).status == 200
    name = "webhook-start-training"
    assert call(name, **with_headers(name, **calls)).status == 202
    name = "webhook-annotation-created"
    assert call(name, **with_headers(name, **calls)).status == 403
    assert len(keys("/events/")) == 1


@pytest.mark.parametrize("name", ["webhook-setup", "webhook-start-training"])
def test_credentials_for_events_make_no_ml_call(call, keys, name):
    changes = with_headers(name, **basic(*events_pair(PASSWORD, PROJECT)))

    assert call(name, **changes).status == 403
    assert not keys()


def test_a_body_is_not_looked_at_before_the_credentials_are(call, monkeypatch):
    monkeypatch.setattr("labelloop.web.small_calls.read_json", lambda _: pytest.fail("it was"))
    wrong = with_headers("webhook-annotation-created", **basic(f"events-{PROJECT}", "0" * 64))

    assert call("webhook-annotation-created", **wrong).status == 401
