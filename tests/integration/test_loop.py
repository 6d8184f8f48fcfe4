"""The whole loop through the handlers, on moto: a label comes in, a better model goes live."""

import base64
import json
import math
from importlib import import_module

import pytest

from labelloop import bootstrap
from tests.conftest import load_event
from tests.integration.conftest import CONTEXT

TEXTS = {"Positive": "a great film, lovely", "Negative": "an awful film, boring"}
PROJECT = json.loads(load_event("predict-predict")["body"])["project"]


@pytest.fixture
def label(call):
    """Post an annotation of a text, as Label Studio does."""

    def label(id_: int, name: str, text: str, action: str = "CREATED", second: int = 0) -> None:
        body = json.loads(load_event("webhook-annotation-created")["body"])
        body["action"] = f"ANNOTATION_{action}"
        body["annotation"] |= {"id": id_, "task": id_}
        body["annotation"]["updated_at"] = f"2026-11-23T10:00:{second:02d}Z"
        body["annotation"]["result"][0]["value"]["choices"] = [name]
        body["task"] |= {"id": id_, "data": {"text": text}}
        assert call("webhook-annotation-created", body=json.dumps(body)).status == 202

    return label


@pytest.fixture
def train(aws):
    """Hand the waiting messages to the train function; give back those it wants again."""

    def train() -> list[str]:
        messages = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)
        (template,) = load_event("train-wake-up")["Records"]
        records = [
            template | {"messageId": m["MessageId"], "body": m["Body"]}
            for m in messages.get("Messages", [])
        ]
        answer = import_module("functions.train.app").lambda_handler({"Records": records}, CONTEXT)
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    return train


@pytest.fixture
def predict(call, cold_start):
    """Ask for predictions of texts, past the few seconds in which a version is kept."""

    def predict(*texts: object):
        cold_start()
        body = json.loads(load_event("predict-predict")["body"])
        body["tasks"] = [
            body["tasks"][0] | {"id": i, "data": {"text": t}} for i, t in enumerate(texts)
        ]
        return call("predict-predict", body=json.dumps(body)).body["results"]

    return predict


def label_reviews(label, count: int) -> None:
    for id_ in range(1, count + 1):
        name = ("Positive", "Negative")[id_ % 2]
        label(id_, name, f"{TEXTS[name]} number {id_}")


def choice(result) -> str:
    return result["result"][0]["value"]["choices"][0]


def test_labels_change_what_is_predicted_under_a_new_version(call, label, train, predict):
    (before,) = predict("a lovely film")
    label_reviews(label, 10)
    assert train() == []

    good, bad = predict("a lovely film", "a boring film")

    version = call("webhook-setup").body["model_version"]
    assert (before["result"], before["model_version"]) == ([], "untrained")
    assert (choice(good), choice(bad)) == ("Positive", "Negative")
    assert good["model_version"] == bad["model_version"] == version != "untrained"
    assert call("predict-versions").body == {"versions": [version]}


def test_updating_all_labels_turns_the_model_round(label, train, predict):
    label_reviews(label, 10)
    train()
    for id_ in range(1, 11):
        name = ("Positive", "Negative")[id_ % 2]
        other = ("Negative", "Positive")[id_ % 2]
        label(id_, other, f"{TEXTS[name]} number {id_}", "UPDATED", second=1)
    train()

    good, bad = predict("a lovely film", "a boring film")

    assert (choice(good), choice(bad)) == ("Negative", "Positive")


def test_training_again_from_scratch_gives_the_same_answers(label, train, predict, aws, keys):
    label_reviews(label, 10)
    train()
    label(50, "Positive", "dull and dreary")
    train()
    body = json.loads(load_event("webhook-annotations-deleted")["body"])
    body["annotations"] = [{"id": 50}]
    event = load_event("webhook-annotations-deleted") | {"body": json.dumps(body)}
    import_module("functions.webhook.app").lambda_handler(event, CONTEXT)
    train()
    after_delete = predict("lovely", "boring", "dull and dreary")

    for key in keys():
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    label_reviews(label, 10)
    train()
    from_scratch = predict("lovely", "boring", "dull and dreary")

    assert [r["result"] for r in after_delete] == [r["result"] for r in from_scratch]


def test_whatever_tasks_hold_there_is_one_finite_result_each_in_order(label, train, predict):
    label_reviews(label, 10)
    train()

    odd: list[object] = [None, 7, [], {}, "", "x" * 1_000_000, "\ud800", True, "<b>", float("nan")]
    results = predict(TEXTS["Positive"], *odd, TEXTS["Negative"])

    assert len(results) == 12
    assert all(math.isfinite(r["score"]) for r in results)
    assert (choice(results[0]), choice(results[-1])) == ("Positive", "Negative")


def test_only_the_failed_messages_come_again_and_the_cause_is_logged(label, train, aws, caplog):
    label_reviews(label, 2)
    aws.sqs.send_message(QueueUrl=aws.queue_url, MessageBody="not a wake-up")

    failed = train()

    assert len(failed) == 1
    assert "wake-up failed" in caplog.text
    assert "the message is not a wake-up" in caplog.text


def test_label_studios_event_about_our_own_switch_makes_no_new_version(call, label, train):
    label_reviews(label, 10)
    train()
    version = call("webhook-setup").body["model_version"]
    body = json.loads(load_event("webhook-project-updated")["body"])
    config = json.loads(load_event("predict-predict")["body"])["label_config"]
    for second in (1, 2):
        body["project"] |= {"model_version": version, "updated_at": f"2027-01-01T00:00:0{second}Z"}
        body["project"]["label_config"] = config
        call("webhook-project-updated", body=json.dumps(body))
        train()

    assert call("webhook-setup").body["model_version"] == version


def test_a_password_beyond_ascii_is_let_in_by_both_functions(call, aws):
    value = "anna:Größe"
    aws.ssm.put_parameter(Name="/labelloop/test", Value=value, Type="SecureString", Overwrite=True)
    for encoding in ("utf-8", "latin-1"):
        header = "Basic " + base64.b64encode(value.encode(encoding)).decode()
        for name in ("webhook-setup", "predict-predict"):
            headers = load_event(name)["headers"] | {"authorization": header}
            assert call(name, headers=headers).status == 200


def test_a_request_that_http_cannot_carry_is_a_400(call):
    assert call("predict-predict", body="a", isBase64Encoded=True).status == 400
    assert call("predict-predict", body="\ud800").status == 400


def test_the_sweep_finds_what_a_lost_wake_up_left_behind(label, train, aws, predict):
    label_reviews(label, 10)
    aws.sqs.purge_queue(QueueUrl=aws.queue_url)

    sweep = import_module("functions.sweep.app").lambda_handler
    assert sweep(load_event("sweep-schedule"), CONTEXT) == {"woken": 1}
    train()

    assert choice(predict("a lovely film")[0]) == "Positive"
    assert sweep(load_event("sweep-schedule"), CONTEXT) == {"woken": 0}


def test_an_interactive_request_and_extra_params_are_answered(call, label, train):
    body = json.loads(load_event("predict-predict-interactive")["body"])
    for extra_params in ({"a": 1}, '{"a": 1}', None):
        answer = call(
            "predict-predict-interactive", body=json.dumps(body | {"extra_params": extra_params})
        )
        assert answer.status == 200
        assert len(answer.body["results"]) == len(body["tasks"])


def test_the_versions_of_several_projects_are_asked_for_by_name(call, label, train):
    label_reviews(label, 10)
    train()
    bootstrap.store().create("projects/7.1795398621/active.json", b"{}")

    assert call("predict-versions").status == 404
    named = call("predict-versions", rawQueryString=f"project={PROJECT}")
    assert named.body["versions"][0].startswith("1-")
    assert call("predict-versions", rawQueryString="project=x").status == 422


@pytest.mark.parametrize("path", ["/predict", "/versions", "/docs", "/openapi.json"])
def test_without_credentials_nothing_is_answered(call, path):
    headers = {"content-type": "application/json"}

    answer = call("predict-versions", path=path, headers=headers)

    assert (answer.status, set(answer.body)) == (401, {"error"})
    assert "www-authenticate" in answer.headers


def test_without_a_secret_nothing_is_answered(call, aws):
    aws.ssm.delete_parameter(Name="/labelloop/test")

    assert call("predict-predict").status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('{"a":' * 50_000, 400),
        ("{}", 422),
        ('{"tasks": 7, "project": "1.2", "label_config": ""}', 422),
        ('{"tasks": [], "project": "x", "label_config": ""}', 422),
        ('{"tasks": [], "label_config": ""}', 422),
        (" " * 6_100_000, 413),
    ],
    ids=range(9),
)
def test_a_body_nobody_can_use_gets_the_right_4xx_and_repeats_nothing(call, body, status):
    answer = call("predict-predict", body=body)

    assert answer.status == status
    assert set(answer.body) == {"error"}


def test_a_refusal_repeats_nothing_of_the_request(call):
    answer = call("predict-predict", body='{"tasks": "secret text", "project": ["secret"]}')

    assert answer.status == 422
    assert "secret" not in answer.text


def test_a_body_in_base64_is_read(call):
    body = base64.b64encode(load_event("predict-predict")["body"].encode()).decode()

    assert call("predict-predict", body=body, isBase64Encoded=True).status == 200


def test_the_openapi_page_describes_predict_and_versions(call):
    page = call("predict-versions", path="/openapi.json").body

    assert {"/predict", "/versions"} <= set(page["paths"])
    assert page["paths"]["/predict"]["post"]["requestBody"]["required"]


def test_an_unknown_path_or_method_is_refused_with_json(call):
    assert call("predict-predict", method="GET").status == 405
    assert call("predict-predict", path="/x").body == {"error": "Not Found"}


def test_a_defect_of_ours_is_a_500_without_a_traceback(call, monkeypatch):
    monkeypatch.setattr("labelloop.web.predictions.predict", lambda *_: 1 / 0)

    answer = call("predict-predict")

    assert (answer.status, answer.body) == (500, {"error": "internal error"})
