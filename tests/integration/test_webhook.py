"""functions/webhook on moto: what Label Studio sends, and what anybody else may."""

import base64
import json

import pytest

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


def with_headers(name: str, **headers: str) -> dict:
    kept = {k: v for k, v in load_event(name)["headers"].items() if k != "authorization"}
    return {"headers": kept | headers}


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
    monkeypatch.setattr("functions.webhook.app.read_event", lambda *_: 1 / 0)

    answer = call("webhook-annotation-created")

    assert (answer.status, answer.body) == (500, {"error": "internal error"})
