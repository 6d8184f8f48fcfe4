"""The routes that people steer a project with, on moto."""

import base64
import json
import re
from hashlib import sha256

import pytest

from labelloop import bootstrap
from labelloop.bucket.evidence import EvidenceFiles, Rejection
from labelloop.bucket.orders import Orders
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.pool import Pool, Ranked
from labelloop.bucket.project import Project
from labelloop.messages import WakeUp
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import train
from labelloop.usecases.serving.list_history import list_switches
from labelloop.web.credentials import events_pair, ml_pair
from tests.builders import card, created
from tests.conftest import load_event
from tests.integration.conftest import CONTEXT

PROJECT = json.loads(load_event("predict-predict")["body"])["project"]


@pytest.fixture
def ask(call):
    """Ask the predict function for a path."""

    def ask(method: str, path: str, **body: object):
        if method == "GET":
            query = "&".join(f"{name}={value}" for name, value in body.items())
            return call("predict-versions", path=path, rawQueryString=query)
        return call("predict-predict", path=path, method=method, body=json.dumps(body))

    return ask


@pytest.fixture
def versions(aws) -> list[str]:
    """Two versions, the newer one active."""
    project, names = Project(bootstrap.store(), PROJECT), ["1-aaaaaaaa", "2-aaaaaaaa"]
    for seq, name in enumerate(names, start=1):
        project.add_model(b"", card(name))
        to = ActivePointer(name, seq, FORMAT, switch=seq)
        project.switch(project.active(), to, {"why": "test"})
    return names


def messages(aws, queue: str) -> list[dict[str, object]]:
    url = aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(one["Body"]) for one in found]


def test_the_projects_are_listed(ask, versions):
    assert ask("GET", "/projects").body == {"projects": [PROJECT]}


def test_the_status_tells_what_is_served(ask, versions):
    status = ask("GET", "/status", project=PROJECT).body

    assert (status["version"], status["pinned"]) == ("2-aaaaaaaa", False)
    assert status["card"]["dataset"] == {"seq": 2, "sha256": ""}
    assert status["options"] == {"strategy": None, "delete_predictions": None, "encoder": None}


def test_a_version_that_was_refused_is_told_of(ask, versions):
    evidence = EvidenceFiles(bootstrap.store(), PROJECT)
    refused = Rejection(versions[1], "3-aaaaaaaa", "worse", "2026", "2026-11-23T12:00:00+00:00")
    evidence.set_rejection(evidence.rejection(versions[1]), refused)

    told = ask("GET", "/status", project=PROJECT).body["refused"]
    ask("POST", "/activate", project=PROJECT, version=versions[0])

    assert (told["version"], told["reason"], told["at"]) == ("3-aaaaaaaa", "worse", refused.at)
    assert ask("GET", "/status", project=PROJECT).body["refused"] is None


def test_labels_in_doubt_are_listed(ask, versions):
    row = {"task": 7, "label": "Positive", "suggested": "Negative", "doubt": 0.9, "why": "so"}
    doubts = json.dumps([row]).encode()
    bootstrap.store().create(f"projects/{PROJECT}/models/{versions[1]}/doubts.json", doubts)

    answer = ask("GET", "/doubts", project=PROJECT)

    assert answer.body == {"version": versions[1], "doubts": [row]}


def test_an_older_version_is_activated_and_ranked_by(ask, versions, aws, call):
    answer = ask("POST", "/activate", project=PROJECT, version=versions[0])

    assert (answer.status, answer.body) == (200, {"changed": True})
    assert Project(bootstrap.store(), PROJECT).active().value.version == versions[0]
    assert messages(aws, "rank")[0]["project"] == PROJECT


def test_an_unknown_version_is_404(ask, versions):
    assert ask("POST", "/activate", project=PROJECT, version="9-aaaaaaaa").status == 404


def test_a_project_is_pinned_and_unpinned(ask, versions, aws):
    assert ask("POST", "/pin", project=PROJECT).body == {"changed": True}
    assert ask("GET", "/status", project=PROJECT).body["pinned"]
    assert ask("POST", "/unpin", project=PROJECT).body == {"changed": True}

    assert [one["reason"] for one in messages(aws, "train")] == ["start_training"]
    project = Project(bootstrap.store(), PROJECT)
    assert [one["by"] for one in list_switches(project)] == ["labelloop", "labelloop", "", ""]


@pytest.mark.parametrize(("path", "queue"), [("/train", "train"), ("/rank", "rank")])
def test_work_is_asked_for_through_its_queue(ask, aws, path, queue):
    assert ask("POST", path, project=PROJECT).status == 202

    assert {one["project"] for one in messages(aws, queue)} == {PROJECT}


def test_a_repair_says_what_is_damaged_and_asks_for_its_mending(ask, aws):
    store = bootstrap.store()
    Project(store, PROJECT).add_event("a", created(1))
    train(WakeUp(PROJECT, "sweep"), bootstrap.train_deps())
    whole = ask("POST", "/repair", project=PROJECT).body
    messages(aws, "train"), messages(aws, "rank")
    (one,) = store.list(f"projects/{PROJECT}/datasets/")
    store.delete([one.key])
    store.create(one.key, b"what")

    answer = ask("POST", "/repair", project=PROJECT)

    assert whole == {"damaged": "", "seq": 1, "annotations": 1}
    assert answer.status == 202
    assert answer.body["damaged"] == "snapshot 1 cannot be read: BadGzipFile"
    assert [one["reason"] for one in messages(aws, "train")] == ["repair"]
    assert {one["step"] for one in messages(aws, "rank")} == {"plan", "survey"}
    assert ask("GET", "/status", project=PROJECT).body["dataset"]["annotations"] == 0


def test_a_strategy_is_chosen_and_one_that_does_not_exist_is_refused(ask):
    chosen = ask("PUT", "/options", project=PROJECT, strategy="entropy").body
    refused = ask("PUT", "/options", project=PROJECT, strategy="best")

    assert chosen == {"strategy": "entropy", "delete_predictions": None, "encoder": None}
    assert refused.status == 422
    assert "margin, entropy, least_confidence" in refused.body["error"]


@pytest.mark.parametrize("params", [{"strategy": "entropy", "x": 1}, '{"strategy": "entropy"}'])
def test_extra_params_choose_the_strategy(call, ask, params):
    body = json.loads(load_event("webhook-setup")["body"])
    call("webhook-setup", body=json.dumps(body | {"extra_params": params}))

    assert ask("GET", "/status", project=body["project"]).body["options"]["strategy"] == "entropy"


def test_extra_params_with_a_strategy_that_went_choose_nothing(call, ask):
    """Label Studio keeps them, and a backend whose /setup is refused is a broken one to it."""
    body = json.loads(load_event("webhook-setup")["body"])

    answer = call(
        "webhook-setup", body=json.dumps(body | {"extra_params": {"strategy": "committee"}})
    )

    assert answer.status == 200
    assert ask("GET", "/status", project=body["project"]).body["options"]["strategy"] is None


def test_extra_params_with_an_unknown_strategy_are_refused_by_name(call):
    body = json.loads(load_event("webhook-setup")["body"]) | {"extra_params": {"strategy": "best"}}

    answer = call("webhook-setup", body=json.dumps(body))

    assert answer.status == 422
    assert "margin" in answer.body["error"]


def test_a_backfill_is_one_event_and_one_wake_up(ask, aws, keys):
    webhook = json.loads(load_event("webhook-annotation-created")["body"])
    task = webhook["task"] | {"annotations": [webhook["annotation"]]}

    answer = ask("POST", "/backfill", project=PROJECT, tasks=[task], label_config="<View/>")

    assert answer.status == 202
    assert len(keys("/events/")) == 1
    assert [one["event"] for one in messages(aws, "train")] == [answer.body["event"]]


def test_a_backfill_that_is_no_export_is_refused(ask, keys):
    assert ask("POST", "/backfill", project=PROJECT, tasks=[{"id": 1}]).status == 422
    assert keys() == []


def test_the_token_is_kept_as_a_secret_and_never_shown(ask, aws, capsys):
    assert ask("GET", "/label-studio").body == {"url": "", "token": False}

    first = ask("PUT", "/label-studio", token="made-up-token")
    again = ask("PUT", "/label-studio", token="made-up-token")

    assert (first.body, again.body) == ({"changed": True}, {"changed": False})
    shown = ask("GET", "/label-studio")
    assert shown.body["token"] is True
    assert "made-up" not in shown.text + capsys.readouterr().out
    (kept,) = aws.ssm.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": ["/labelloop/label-studio-token"]}]
    )["Parameters"]
    assert kept["Type"] == "SecureString"


@pytest.mark.parametrize("token", ["", "short", "with spaces in it", "x" * 5000, 7, None])
def test_what_is_no_token_is_refused_and_not_repeated(ask, token):
    answer = ask("PUT", "/label-studio", token=token)

    assert answer.status == 422
    assert "spaces in" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/status"),
        ("GET", "/doubts"),
        ("POST", "/activate"),
        ("POST", "/pin"),
        ("POST", "/unpin"),
        ("POST", "/train"),
        ("POST", "/rank"),
        ("POST", "/repair"),
        ("POST", "/compare"),
        ("PUT", "/options"),
        ("POST", "/backfill"),
        ("POST", "/tasks"),
        ("GET", "/tasks"),
        ("GET", "/order"),
    ],
)
def test_a_project_must_be_named_as_label_studio_names_it(ask, method, path):
    for project in ("", "x", "../1.2"):
        more = {"version": "1-a", "tasks": []} if method == "POST" else {}
        answer = ask(method, path, project=project, **more)
        assert (answer.status, set(answer.body)) == (422, {"error"})


def test_tasks_are_taken_and_an_order_is_asked_for_with_the_last(ask, aws, keys):
    task = json.loads(load_event("webhook-annotation-created")["body"])["task"]

    first = ask("POST", "/tasks", project=PROJECT, tasks=[task])
    assert (first.status, messages(aws, "rank")) == (202, [])
    assert ask("GET", "/tasks", project=PROJECT).body["is_listed"] is False

    ask("POST", "/tasks", project=PROJECT, tasks=[], label_config="<View/>")
    told = ask("GET", "/tasks", project=PROJECT).body
    assert (len(told["sent"]), told["is_listed"]) == (1, True)
    assert [one["project"] for one in messages(aws, "rank")] == [PROJECT]
    assert len(keys("/events/")) == 1  # the label config


def test_tasks_that_are_none_are_refused_by_name(ask, keys):
    answer = ask("POST", "/tasks", project=PROJECT, tasks=[{"id": 1}])

    assert (answer.status, "task.created_at" in answer.body["error"]) == (422, True)
    assert not keys("/pool/")


def test_the_order_is_shown_in_pages(ask, versions):
    Pool(bootstrap.store(), PROJECT).set_listed()
    head = [Ranked(id_, id_ / 10_000, []) for id_ in range(1, 6)]
    Orders(bootstrap.store(), PROJECT).add(versions[1], head)

    page = ask("GET", "/order", project=PROJECT, start=2, limit=2).body

    assert (page["version"], page["order"], page["total"]) == (versions[1], 1, 5)
    assert [one["task"] for one in page["tasks"]] == [3, 4]
    assert page["next"] == 4
    assert not page["keeps_predictions"]


@pytest.mark.parametrize("start", [-1, "x", 10**9])
def test_an_order_starts_at_a_place(ask, start):
    assert ask("GET", "/order", project=PROJECT, start=start).status == 422


def test_the_openapi_page_describes_what_each_route_takes(ask):
    page = ask("GET", "/openapi.json").body["paths"]

    assert {"/projects", "/status", "/doubts", "/label-studio"} <= set(page)
    for path in ("/activate", "/pin", "/unpin", "/train", "/rank", "/backfill"):
        assert page[path]["post"]["requestBody"]["required"]
    for path in ("/options", "/label-studio"):
        assert page[path]["put"]["requestBody"]["required"]


@pytest.mark.parametrize("path", ["/projects", "/status", "/doubts", "/label-studio", "/activate"])
def test_without_credentials_nothing_is_told(call, path):
    assert call("predict-versions", path=path, headers={}).status == 401


@pytest.mark.parametrize(
    "pair", [ml_pair("example-password"), events_pair("example-password", PROJECT)]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/projects"),
        ("GET", "/status"),
        ("GET", "/doubts"),
        ("GET", "/label-studio"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("POST", "/activate"),
        ("POST", "/backfill"),
        ("PUT", "/label-studio"),
        ("PUT", "/options"),
        ("GET", "/nowhere"),
    ],
)
def test_what_label_studio_holds_steers_nothing(call, method, path, pair):
    value = "Basic " + base64.b64encode(":".join(pair).encode()).decode()

    answer = call("predict-versions", path=path, method=method, headers={"authorization": value})

    assert answer.status == 403
    assert "credentials are for" in answer.body["error"]


@pytest.mark.parametrize(("name", "status"), [("predict-predict", 200), ("predict-versions", 200)])
def test_predictions_are_label_studios_to_get_and_no_webhooks(call, name, status):
    calls, events = (
        {"authorization": "Basic " + base64.b64encode(":".join(pair).encode()).decode()}
        for pair in (ml_pair("example-password"), events_pair("example-password", PROJECT))
    )

    assert call(name, headers=calls).status == status
    assert call(name, headers=events).status == 403


CHANGES = [
    ("POST", "/activate"),
    ("POST", "/pin"),
    ("POST", "/unpin"),
    ("POST", "/train"),
    ("POST", "/rank"),
    ("POST", "/repair"),
    ("POST", "/compare"),
    ("POST", "/backfill"),
    ("POST", "/tasks"),
    ("PUT", "/options"),
    ("PUT", "/label-studio"),
]
HEADERS = load_event("predict-predict")["headers"] | {"host": "loop.example.com"}


def test_each_route_that_changes_something_is_tried_below(ask):
    described = ask("GET", "/openapi.json").body["paths"]
    changing = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
        if method != "get" and path != "/predict"
    }

    assert changing == set(CHANGES)


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a;b"]
)
def test_a_change_is_taken_as_json_only_which_no_form_of_a_page_sends(call, method, path, kind):
    headers = HEADERS | {"content-type": kind}

    answer = call("predict-predict", path=path, method=method, headers=headers)

    assert (answer.status, set(answer.body)) == (415, {"error"})


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    "page",
    [
        {"origin": "https://evil.example.com"},
        {"origin": "null"},
        {"origin": "https://loop.example.com.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_change_nothing(call, keys, method, path, page):
    answer = call("predict-predict", path=path, method=method, headers=HEADERS | page)

    assert answer.status == 403
    assert "another site" in answer.body["error"]
    assert not keys()


@pytest.mark.parametrize(
    "page",
    [
        {"origin": "https://loop.example.com", "sec-fetch-site": "same-origin"},
        {"content-type": "application/JSON; charset=utf-8"},
    ],
)
def test_a_client_that_is_no_foreign_page_is_let_in(call, page):
    body = json.dumps({"project": PROJECT})

    answer = call("predict-predict", path="/train", headers=HEADERS | page, body=body)

    assert answer.status == 202


@pytest.mark.parametrize("path", ["/setup", "/webhook"])
def test_pages_of_other_sites_make_no_small_call_either(call, keys, path):
    event = load_event("webhook-setup")
    foreign = event["headers"] | {"origin": "https://evil.example.com"}

    assert call("webhook-setup", path=path, headers=foreign).status == 403
    assert not keys()


def test_the_docs_load_nothing_and_describe_each_route(aws, ask):
    from functions.predict.app import lambda_handler

    event = load_event("predict-versions")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/docs"

    answer = lambda_handler(event, CONTEXT)

    page, policy = answer["body"], answer["headers"]["content-security-policy"]
    assert answer["statusCode"] == 200
    assert not re.search(r"<script|<link|<img|src=|@import|https?://", page)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    assert base64.b64encode(sha256(style.encode()).digest()).decode() in policy
    for path, methods in ask("GET", "/openapi.json").body["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
