"""Random requests: what clients send, spoilt in all the ways that a request can be spoilt."""

import base64
import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from tests.builders import PROJECT
from tests.conftest import EVENTS, SECRET, load_event

AUTHORIZATION = "Basic " + base64.b64encode(SECRET.encode()).decode()
LIGHT = ("/", "/health", "/setup", "/webhook")
_STEERING = (
    *("/activate", "/pin", "/unpin", "/train", "/rank", "/repair", "/compare"),
    *("/options", "/backfill", "/tasks"),
)
_PAGES = (
    "/versions",
    "/projects",
    "/status",
    "/order",
    "/label-studio",
    "/openapi.json",
    "/docs",
    "/nowhere",
)
OTHERS = ("/predict", *_STEERING, *_PAGES)
METHODS = {"/": "GET", "/health": "GET", "/versions": "GET", "/projects": "GET", "/status": "GET"}
METHODS |= {
    "/order": "GET",
    "/options": "PUT",
    "/label-studio": "PUT",
    "/openapi.json": "GET",
    "/docs": "GET",
}
_DEEP: Any = json.loads("[" * 80 + "]" * 80)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 10**400, 1e308, -0.0, 0.5),
    *(float("nan"), float("inf"), "", " ", "\0", "\ud800", "\U0001f600", "x" * 5_000),
    *("NaN", "1.2", "1." + "9" * 400, "../..", "<View/>", "$text", "%s%n", "0x10", "١.٢"),
    *([], {}, [None], [[]], {"": None}, {"id": 1}, ["a", 1], _DEEP),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30", "2026-11-23T10:00:00"),
)


def random_event(chance: random.Random, path: str) -> dict[str, Any]:
    """Return the event of one request to a path, in one of the shapes that Lambda gets."""
    method = METHODS.get(path, "POST") if chance.random() < 0.9 else chance.choice(_METHODS)
    body, is_base64 = _encoded(chance, spoilt(chance, _valid(chance, path)))
    headers = _headers(chance)
    query = "" if chance.random() < 0.2 else _query(chance)
    shape = _SHAPES[0] if chance.random() < 0.85 else chance.choice(_SHAPES)
    return shape(method, path, query, headers, body, is_base64)


def spoilt(chance: random.Random, body: str) -> str:
    """Return a body with something wrong, or nothing."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 5))):
        body = chance.choice(_MUTATIONS)(chance, body)
    return body


def odd_task(chance: random.Random) -> Any:
    """Return what a client may take for a task to predict."""
    value = chance.choice((*ODD, "<b>bold</b>", "https://example.com/a.txt", "a lovely film"))
    data = chance.choice(
        ({"text": value}, {"text": value}, {"text": value}, {"other": value}, value)
    )
    return chance.choice(({"id": 1, "data": data}, {"data": data}, {"id": 1}, value))


@cache
def bodies(path: str) -> tuple[str, ...]:
    """Return what clients send to a path."""
    version = {"project": PROJECT, "version": "1-aaaaaaaa"}
    named = {"/activate": version, "/options": {"project": PROJECT, "strategy": "entropy"}}
    named |= {"/label-studio": {"token": "a" * 40}}
    if path in named:
        return (json.dumps(named[path]),)
    task = json.loads(load_event("webhook-annotation-created")["body"])
    exported = task["task"] | {"annotations": [task["annotation"]]}
    if path == "/tasks":
        page = {"project": PROJECT, "tasks": [task["task"]]}
        last = page | {"label_config": task["project"]["label_config"]}
        return json.dumps(page), json.dumps(last)
    if path == "/backfill":
        return (json.dumps({"project": PROJECT, "tasks": [exported]}),)
    if path == "/compare":
        covers = {"after": 0, "upto": 100, "as_of": 1_795_500_000}
        seen: dict[str, Any] = {"project": PROJECT, "tasks": [exported], "settings": {}}
        return (json.dumps(seen | covers),)
    files = [load_event(file.stem) for file in sorted(EVENTS.glob("*-*.json"))]
    sent = [one.get("body") or "" for one in files if one.get("rawPath") == path]
    return tuple(sent) or (json.dumps({"project": PROJECT}),)


def _valid(chance: random.Random, path: str) -> str:
    return chance.choice(bodies(path))


# -- bodies ----------------------------------------------------------------------------------


def _replace_value(chance: random.Random, body: str) -> str:
    """Put something odd in the place of any value."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return body
    holder: Any = {"": tree}
    at: Any = ""
    while True:
        inside = holder[at]
        if not inside or not isinstance(inside, dict | list) or chance.random() < 0.2:
            break
        holder = inside
        at = chance.choice(list(inside)) if isinstance(inside, dict) else _index(chance, inside)
    if at == "" and holder.get("") is tree:
        return json.dumps(chance.choice(ODD))
    if chance.random() < 0.2:
        del holder[at]
    else:
        holder[at] = chance.choice(ODD)
    return json.dumps(tree)


def _index(chance: random.Random, values: list[Any]) -> int:
    return chance.randrange(len(values))


def _flip(chance: random.Random, body: str) -> str:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chr(chance.randrange(256)) + body[at + 1 :]


def _cut(chance: random.Random, body: str) -> str:
    return body[: chance.randrange(len(body) + 1)]


def _double(chance: random.Random, body: str) -> str:
    first, last = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    return body[:last] + body[first:]


def _prefix(chance: random.Random, body: str) -> str:
    return chance.choice(("\ufeff", " ", "\0", "[", "{", '{"a":' * 9_999, "NaN", "1e999")) + body


def _twice(_: random.Random, body: str) -> str:
    """Give each key of the object twice."""
    return body[:-1] + "," + body[1:]


def _number(chance: random.Random, body: str) -> str:
    digits = chance.choice(("9" * 5_000, "1e400", "-0", "1E+5", "0x1", "01", "1.", "Infinity"))
    return body.replace(chance.choice("0123456789"), digits, 1)


type _Mutation = Callable[[random.Random, str], str]
_MUTATIONS: tuple[_Mutation, ...] = (_replace_value,) * 4 + (_flip, _cut, _double, _prefix)
_MUTATIONS += (_twice, _number)


def _encoded(chance: random.Random, body: str) -> tuple[str, bool]:
    """API Gateway hands over Base64 what is no text."""
    if chance.random() < 0.9:
        return body, False
    raw = body.encode(chance.choice(("utf-8", "utf-16", "latin-1")), "replace")
    return base64.b64encode(raw).decode() + chance.choice(("", "", "=", "a", "é")), True


# -- what is around --------------------------------------------------------------------------

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "X")
_CREDENTIALS = (
    "",
    "Basic",
    "Basic !",
    "Bearer x",
    "Basic " + "QQ==" * 2_000,
    "basic é",
    "Basic /w==",
)


def _headers(chance: random.Random) -> dict[str, str]:
    headers = {"content-type": "application/json", "host": "example.com"}
    headers["authorization"] = AUTHORIZATION
    if chance.random() < 0.03:
        headers["authorization"] = chance.choice(_CREDENTIALS)
    if chance.random() < 0.1:
        name = chance.choice(("content-type", "host", "content-encoding", "x-api-key", "cookie"))
        headers[name] = chance.choice(
            ("", "gzip", "text/html; charset=x", "é", "a" * 9_000, "[::1")
        )
    if chance.random() < 0.05:
        headers["content-length"] = chance.choice(("-1", "x", "99999999999"))
    return headers


def _query(chance: random.Random) -> str:
    value = PROJECT if chance.random() < 0.6 else str(chance.choice(("1.2", *ODD)))
    name = "project" if chance.random() < 0.8 else chance.choice(("x", ""))
    return f"{name}={quote(value[:2_000].encode('utf-8', 'replace'))}"


def _v2(
    method: str, path: str, query: str, headers: dict[str, str], body: str, is_base64: bool
) -> dict[str, Any]:
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}
    context: dict[str, Any] = {
        "http": http,
        "stage": "$default",
        "requestId": "x",
        "domainName": "example.com",
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
    }
    event |= {"headers": headers, "requestContext": context, "isBase64Encoded": is_base64}
    return event | ({"body": body} if body else {})


def _function_url(*request: Any) -> dict[str, Any]:
    event = _v2(*request)
    event["requestContext"] |= {"domainName": "x.lambda-url.eu-central-1.on.aws"}
    return event | {"cookies": ["a=b"]}


def _v1(
    method: str, path: str, query: str, headers: dict[str, str], body: str, is_base64: bool
) -> dict[str, Any]:
    name, _, value = query.partition("=")
    context: dict[str, Any] = {"httpMethod": method, "path": path, "stage": "x", "requestId": "x"}
    context |= {"identity": {"sourceIp": "203.0.113.7"}}
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {key: [one] for key, one in headers.items()},
        "queryStringParameters": {name: value} if query else None,
        "multiValueQueryStringParameters": {name: [value]} if query else None,
        "requestContext": context,
        "body": body or None,
        "isBase64Encoded": is_base64,
    }


def _alb(*request: Any) -> dict[str, Any]:
    event = _v1(*request)
    arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/1"
    event["requestContext"] = {"elb": {"targetGroupArn": arn}}
    for name in ("version", "resource", "multiValueHeaders", "multiValueQueryStringParameters"):
        del event[name]
    return event | {"queryStringParameters": event["queryStringParameters"] or {}}


_SHAPES: tuple[Callable[..., dict[str, Any]], ...] = (_v2, _function_url, _v1, _alb)
