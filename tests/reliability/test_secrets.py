"""Secrets are in no log, store, queue or answer; credentials are compared in constant time."""

import ast
import base64
import inspect
import json
import logging
import random
import statistics
import time
from typing import Any

import pytest

from labelloop import bootstrap
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from labelloop.web import credentials
from labelloop.web.credentials import Role, check, events_pair, ml_pair
from tests.builders import PROJECT
from tests.conftest import SECRET, load_event
from tests.reliability.report import find
from tests.reliability.requests import AUTHORIZATION, LIGHT, METHODS, OTHERS, bodies
from tests.reliability.site import call, site
from tests.reliability.training import no_model, training

PLANTED = [
    f"planted{number:02d}-{random.Random(number).randbytes(8).hex()}" for number in range(20)
]


def test_planted_secrets_show_up_nowhere(monkeypatch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    answers = []
    with site(monkeypatch) as store:
        for event in spoilt_and_whole(requests()):
            answers.append(str(call(event)))
        deps = training(store, no_model)
        train(WakeUp(PROJECT, "sweep"), deps)
        messages = str(bootstrap.queue().last) + str(bootstrap.rank_queue().last)  # type: ignore[attr-defined]
        kept = store.everything().decode("utf-8", "replace")
    out, err = capfd.readouterr()
    places = {"answer": str(answers), "store": kept, "queue": messages, "log": caplog.text}
    places |= {"stdout": out, "stderr": err}

    shown = [
        (secret, where) for secret in PLANTED for where, text in places.items() if secret in text
    ]
    print(*shown, sep="\n")
    assert caplog.text or out
    find("planted secrets: shown", len(shown), f"of {len(PLANTED)} in {len(places)} places")


def requests() -> list[dict[str, Any]]:
    """Return requests with a secret in each place where Label Studio or a person may put one."""
    p = iter(PLANTED * 2)
    setup = json.loads(load_event("webhook-setup")["body"])
    setup |= {"access_token": next(p), "hostname": f"https://u:{next(p)}@x", "token": next(p)}
    hook = json.loads(load_event("webhook-annotation-created")["body"])
    hook["project"] |= {"token": next(p), "task_data_login": next(p), "task_data_password": next(p)}
    hook["annotation"] |= {"unique_id": next(p), "lead_time": next(p)}
    hook["annotation"]["completed_by"] = {"id": 1, "email": next(p), "token": next(p)}
    hook["task"] |= {"meta": {"token": next(p)}, "file_upload": next(p)}
    hook |= {"api_key": next(p), "headers": {"authorization": next(p)}}
    ask = json.loads(load_event("predict-predict")["body"]) | {"project": PROJECT}
    ask["params"] = {"login": next(p), "password": next(p), "context": {"token": next(p)}}
    ask["extra_params"] = {"api_key": next(p)}
    ask["tasks"][0] |= {"meta": {"token": next(p)}}
    made = [
        ("webhook-setup", setup),
        ("webhook-annotation-created", hook),
        ("predict-predict", ask),
    ]
    events = [load_event(name) | {"body": json.dumps(body)} for name, body in made]
    basic = base64.b64encode(f"user:{next(p)}".encode()).decode()
    secrets = {"authorization": f"Basic {basic}", "x-api-key": next(p), "cookie": next(p)}
    denied = [event | {"headers": event["headers"] | secrets} for event in events]
    token = load_event("predict-predict") | {"rawPath": "/label-studio"}
    token["requestContext"]["http"] |= {"path": "/label-studio", "method": "PUT"}
    return [*events, *denied, token | {"body": json.dumps({"token": next(p) + "-" * 40})}]


def spoilt_and_whole(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the requests, and each with a body that is refused: errors must not repeat it."""
    cut = [event | {"body": event["body"][:-9]} for event in events]
    lists = [
        event | {"body": event["body"].replace(": {", ": [{", 1).replace("}", "}]", 1)}
        for event in events
    ]
    values = [event | {"body": event["body"].replace('"id": ', '"id": "x')} for event in events]
    project = [event | {"body": event["body"].replace(PROJECT, PLANTED[0])} for event in events]
    return [*events, *cut, *lists, *values, *project]


def header(pair: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def test_two_credentials_are_let_in_while_a_team_changes_over():
    secret = "old:one-password\nnew:another-password\n"
    wrong = [
        pair for pair in secret.split() if check(header(pair), secret).role is not Role.MANAGEMENT
    ]
    wrong += [
        pair for pair in secret.split() if check(header(pair), SECRET).role is not Role.NOBODY
    ]

    find("rotation: credentials wrongly refused or let in", len(wrong), "of 4")


def test_what_label_studio_shows_opens_nothing_but_what_it_is_for(monkeypatch):
    """Each kind of credentials on each route, with a body that the route takes."""
    password, other = SECRET.partition(":")[2], "39.1770000000"
    pairs = {
        "ML calls": ml_pair(password),
        "events": events_pair(password, PROJECT),
        "events of another project": events_pair(password, other),
    }
    wrong: list[tuple[Any, ...]] = []
    tried = 0
    with site(monkeypatch) as store:
        for kind, pair in pairs.items():
            for path in (*LIGHT, *OTHERS):
                for body in bodies(path):
                    before, asked = len(store.keys()), request(path, body, header(":".join(pair)))
                    status, _ = call(asked)
                    tried += 1
                    if (status < 400) != is_for(kind, path, body):
                        wrong.append((kind, path, status))
                    if status >= 400 and len(store.keys()) != before:
                        wrong.append((kind, path, "stored"))

    print(*wrong, sep="\n")
    find(
        "derived credentials: let in for something else, or kept out",
        len(wrong),
        f"of {tried} requests",
    )


def is_for(kind: str, path: str, body: str) -> bool:
    if path in ("/", "/health"):
        return True
    if path != "/webhook":
        return kind == "ML calls" and path in ("/setup", "/predict", "/versions")
    sent = json.loads(body)
    if set(sent) == {"action"}:  # is stored for nobody
        return True
    starts = sent["action"] == "START_TRAINING"
    return starts if kind == "ML calls" else kind == "events" and not starts


def request(path: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
    method = METHODS.get(path, "POST")
    event = load_event("predict-versions" if method == "GET" else "predict-predict")
    event |= {"rawPath": path, "rawQueryString": f"project={PROJECT}", "body": body}
    event["headers"] |= headers
    event["requestContext"]["http"] |= {"path": path, "method": method}
    return event


BAD = (
    *("", "Basic", "Basic ", "Basic !", "Basic QQ", "Bearer " + AUTHORIZATION[6:], "Digest x"),
    *(AUTHORIZATION[:-4], AUTHORIZATION + "AAAA", "Basic " + "A" * 2_048, "Basic " + "A" * 8_192),
    *("é", "Basic é", "\ud800", "Basic \0", "Basic " + base64.b64encode(b"\xff:\xff").decode()),
    *(header(pair)["authorization"] for pair in ("labelloop:", ":example-password", ":", "a:b:c")),
)


def test_without_credentials_the_answer_is_401_and_asks_for_them(monkeypatch):
    import functions.predict.app
    import functions.webhook.app
    from tests.integration.conftest import CONTEXT

    wrong, tried = [], 0
    with site(monkeypatch):
        for name in (
            "webhook-setup",
            "webhook-annotation-created",
            "predict-predict",
            "predict-versions",
        ):
            app: Any = (
                functions.webhook.app if name.startswith("webhook") else functions.predict.app
            )
            for value in BAD:
                event = load_event(name)
                event["headers"]["authorization"] = value
                answer = app.lambda_handler(event, CONTEXT)
                names = {key.lower() for key in answer["headers"]}
                tried += 1
                if answer["statusCode"] == 400 and "\ud800" in value:
                    continue  # no request that HTTP can carry
                if answer["statusCode"] != 401 or "www-authenticate" not in names:
                    wrong.append((name, value[:20], answer["statusCode"]))

    print(*wrong, sep="\n")
    find("bad credentials: not 401 with WWW-Authenticate", len(wrong), f"of {tried} requests")


def test_credentials_are_compared_by_hmac_alone():
    """No comparison that ends at the first difference touches what was sent or what is kept."""
    tree = ast.parse(inspect.getsource(credentials.check))
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    comparisons = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]

    assert "compare_digest" in calls
    assert not comparisons


@pytest.mark.long
def test_a_nearly_right_password_takes_no_longer_to_refuse_than_a_wrong_one():
    secret, count = "labelloop:" + "s" * 64, 100_000
    kinds = {"first": "labelloop:" + "x" * 64, "last": "labelloop:" + "s" * 63 + "x"}
    times: dict[str, list[int]] = {kind: [] for kind in kinds}
    chance = random.Random(1)
    for _ in range(count):
        kind = chance.choice(list(kinds))
        headers = header(kinds[kind])
        started = time.perf_counter_ns()
        check(headers, secret)
        times[kind].append(time.perf_counter_ns() - started)
    first, last = (statistics.median(times[kind]) for kind in ("first", "last"))

    find(
        "credentials: time between wrong ones",
        round(abs(first / last - 1) * 100, 2),
        f"% of {last / 1000:.1f} us, {count:,} samples",
        1.0,
    )
