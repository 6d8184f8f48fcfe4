"""Whatever is sent to the pages: no 5xx, nothing shown without a login, nothing of it unescaped."""

import base64
import gzip
import logging
import random
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest

from labelloop.pages.tables import BLOCKS
from labelloop.usecases.serving.find_tasks import LISTS
from tests.builders import PROJECT
from tests.fakes import MemoryStore
from tests.integration.conftest import CONTEXT
from tests.pages import HOST, HOSTILE, Answer, Browser, failing, trained
from tests.reliability.report import find, size
from tests.reliability.requests import ODD
from tests.reliability.site import build_on

STUDIO = "https://studio.example.com"
MARK = "<xss-7f3a"  # in each input: it may come back escaped only
LABEL = "secret-label-of-a-project"  # on each page of the project
INPUTS = (
    f"{MARK}>",
    f'"{MARK} onload=x>',
    f"'{MARK}>",
    f"</textarea></title>{MARK}>",
    f"%3Cxss-7f3a%3E{MARK}",
    f"\r\nset-cookie: x=1\r\n\r\n{MARK}>",
    f"{{{{ 7 * 7 }}}}{MARK}>",
    f"javascript:{MARK}>",
    *(str(one)[:500] + MARK for one in ODD),
    *HOSTILE,
)
PATHS = (
    *("/ui", "/ui/login", "/ui/logout", "/ui/nowhere", "/ui/assets/htmx.min.js"),
    *(f"/ui/projects/{PROJECT}{rest}" for rest in ("", "/now", "/x", "/now/x")),
    *(f"/ui/projects/{PROJECT}/{name}.{kind}" for name in BLOCKS for kind in ("csv", "json", "x")),
    *(f"/ui/projects/{PROJECT}/tasks?of={name}" for name in LISTS),
    *(f"/ui/projects/{PROJECT}/{action}" for action in ("activate", "pin", "train", "rollback")),
)
FIELDS = (
    *("user", "password", "to", "csrf", "version", "done", "seen", "failed"),
    *("of", "name", "label", "predicted", "annotator", "day"),
)
METHODS = ("GET",) * 12 + ("POST",) * 6 + ("HEAD", "PUT", "DELETE", "OPTIONS", "X", "")


@pytest.fixture
def cookie(monkeypatch) -> str:
    store = MemoryStore()
    build_on(store, monkeypatch)
    monkeypatch.setenv("LABEL_STUDIO_URL", STUDIO)
    trained(store, (LABEL, f"{MARK}>", f'"{MARK} x>', *HOSTILE))
    failing_parts(store)
    browser = Browser()
    browser.log_in()
    return browser.cookie


def failing_parts(store: MemoryStore) -> None:
    """Have every problem there is, named in hostile words."""
    other = MemoryStore()
    failing(other, "".join(HOSTILE[:3]))
    for name in ("lease.json", "gate.json", "quarantine/a.json"):
        key = f"projects/{PROJECT}/{name}"
        stored = other.get(key)
        assert stored
        store.create(key, stored.body)


def test_hostile_requests_are_harmless(cookie):
    from functions.predict.app import lambda_handler

    count = size(2_000, 20_000)
    logging.disable(logging.CRITICAL)
    wrong, seen = [], Counter[int]()
    for number in range(count):
        chance = random.Random(number)
        event, is_in = hostile_event(chance, cookie)
        try:
            answer = Answer(lambda_handler(event, CONTEXT))
        except Exception as exc:
            wrong.append(f"{number}: {exc!r}")
            continue
        seen[answer.status] += 1
        wrong += [f"{number}: {why} {event}" for why in faults(answer, event, is_in)]
    logging.disable(logging.NOTSET)

    print(*wrong[:10], seen, sep="\n")
    assert {200, 303, 401, 403, 404, 405} <= set(seen)
    find("hostile requests to the pages: harm done", len(wrong), f"of {count:,}")


def hostile_event(chance: random.Random, cookie: str) -> tuple[dict[str, Any], bool]:
    """Return the event of a spoilt request, and whether it has a valid session."""
    path, _, of = chance.choice(PATHS).partition("?")
    if chance.random() < 0.3:
        path = f"{path}/{spoilt(chance)}" if chance.random() < 0.5 else f"/ui/{spoilt(chance)}"
    is_in = chance.random() < 0.5
    sent = cookie if is_in else spoilt_cookie(chance, cookie)
    headers = {"host": HOST, "origin": chance.choice((f"https://{HOST}", "", spoilt(chance)))}
    for name in ("accept-encoding", "hx-request", "sec-fetch-site", "user-agent", "content-type"):
        if chance.random() < 0.3:
            headers[name] = chance.choice(("gzip", "same-origin", "true", spoilt(chance)))
    names = (*FIELDS, spoilt(chance))
    pairs = [f"{name}={quoted(spoilt(chance))}" for name in chance.sample(names, 4)]
    query = "&".join([of, *pairs] if of else pairs)
    method = chance.choice(METHODS)
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query if chance.random() < 0.7 else spoilt(chance),
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": "&".join(pairs) if chance.random() < 0.7 else spoilt(chance) * 20,
        "isBase64Encoded": chance.random() < 0.1,
    }
    if chance.random() < 0.5:
        return event | {"cookies": ["a=b", sent]}, is_in
    event["headers"]["cookie"] = f"{spoilt(chance).replace(';', '')}; {sent}"
    return event, is_in


def spoilt(chance: random.Random) -> str:
    return chance.choice(INPUTS)


def quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def spoilt_cookie(chance: random.Random, cookie: str) -> str:
    """Return a cookie that was never signed."""
    at = chance.randrange(len("__Host-labelloop="), len(cookie))
    text = base64.urlsafe_b64encode(b'["labelloop", true, 9999999999, "0"]').decode()
    other = "B" if cookie[at] == "A" else "A"
    return chance.choice(
        (
            "",
            f"__Host-labelloop={spoilt(chance)}",
            f"__Host-labelloop={text}.{'0' * 64}",
            f"labelloop={cookie.partition('=')[2]}",
            f"{cookie[:at]}{other}{cookie[at + 1 :]}",
        )
    )


def faults(answer: Answer, event: dict[str, Any], is_in: bool) -> list[str]:
    """Return what is wrong with an answer."""
    body = answer.raw
    if answer.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    text = body.decode()
    found = []
    if answer.status >= 500:
        found.append(f"{answer.status}")
    if not is_in and (LABEL in text or PROJECT in text):
        found.append("shown without a login")
    if "html" in answer.headers.get("content-type", "text/html") and MARK in text:
        found.append("unescaped")
    if any("\r" in one or "\n" in one for one in answer.headers.values()):
        found.append("split headers")
    if not answer.headers.get("location", "/ui").startswith(("/ui", f"{STUDIO}/projects/38/data?")):
        found.append("leads elsewhere")
    if "default-src 'none'" not in answer.headers.get("content-security-policy", ""):
        found.append("without a policy")
    return found
