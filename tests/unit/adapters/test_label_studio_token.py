import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from labelloop.adapters.label_studio_http import LabelStudioHttp, base_url
from labelloop.adapters.label_studio_token import Authorization
from labelloop.errors import BadSettings, Denied, Rejected
from tests.fakes import Clock
from tests.unit.adapters.label_studio_server import (
    LEGACY,
    PERSONAL,
    Answer,
    Server,
    at,
    serving,
)


@pytest.fixture
def server():
    with serving() as server:
        yield server


def test_a_legacy_token_is_sent_as_it_is(server: Server):
    at(server.url, LabelStudioHttp).ask("GET", "/api/x")

    assert server.heard[0].authorization == f"Token {LEGACY}"


def test_a_personal_token_is_traded_once_for_many_requests(server: Server):
    http = at(server.url, LabelStudioHttp, PERSONAL)

    for _ in range(3):
        http.ask("GET", "/api/x")

    assert [heard.authorization for heard in server.heard] == ["Bearer access-1"] * 3


def test_the_short_token_is_renewed_before_its_300_seconds_are_over(server: Server):
    clock = Clock()
    http = at(server.url, LabelStudioHttp, PERSONAL, clock=lambda: clock.now.timestamp())

    http.ask("GET", "/api/x")
    clock.sleep(250)
    http.ask("GET", "/api/x")

    assert server.heard[-1].authorization == "Bearer access-2"


def test_a_short_token_that_is_refused_is_renewed_once(server: Server):
    server.answers(Answer(), Answer(401), Answer(body={"fine": 1}))
    http = at(server.url, LabelStudioHttp, PERSONAL)
    http.ask("GET", "/api/x")

    assert http.ask("POST", "/api/x", {}) == {"fine": 1}
    assert server.refreshes == 2


@pytest.mark.parametrize("token", [LEGACY, PERSONAL])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_denied_and_does_not_go_on_for_ever(server: Server, status, token):
    server.answers(Answer(status, {"detail": token}))

    with pytest.raises(Denied) as denied:
        at(server.url, LabelStudioHttp, token).ask("GET", "/api/x")

    assert len(server.heard) <= 2
    assert token not in f"{denied.value!r} {denied.value.__cause__!r}"


@pytest.mark.parametrize("token", ["", "  ", "two words", "a\r\nHost: b", "x" * 41, "é"])
def test_what_is_no_token_is_not_sent(server: Server, token):
    with pytest.raises(Denied):
        at(server.url, LabelStudioHttp, token).ask("GET", "/api/x")

    assert server.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: Server, status):
    with serving() as elsewhere:
        server.answers(Answer(status, headers={"Location": elsewhere.url + "/api/x"}))

        with pytest.raises(Rejected, match="redirected"):
            at(server.url, LabelStudioHttp).ask("GET", "/api/x")

        assert elsewhere.heard == []


def test_the_token_is_not_traded_at_another_place(server: Server, monkeypatch):
    with serving() as elsewhere:
        there = Answer(307, headers={"Location": elsewhere.url + "/api/token/refresh/"})
        monkeypatch.setattr(server, "answer", lambda heard: there)

        with pytest.raises(Rejected, match="redirected"):
            at(server.url, LabelStudioHttp, PERSONAL).ask("GET", "/api/x")

        assert elsewhere.refreshes == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "label-studio.example",
        "ftp://host",
        "file:///etc/passwd",
        "http://",
        "http://host:99999",
        "http://[::1",
        "https://user:password@host",
        "https://host/?a=b",
        "https://host/#a",
    ],
)
def test_an_address_must_be_bare_http(url):
    with pytest.raises(BadSettings) as refused:
        base_url(url)

    assert "password" not in str(refused.value)


def test_threads_that_need_a_token_at_once_exchange_it_once():
    exchanges: list[str] = []

    def refresh(token: str) -> str:
        time.sleep(0.02)
        exchanges.append(token)
        return f"access-{len(exchanges)}"

    authorization = Authorization(lambda: PERSONAL, refresh, lambda: 0.0)
    with ThreadPoolExecutor(8) as threads:
        headers = list(threads.map(lambda _: authorization.header(), range(8)))

    assert headers == ["Bearer access-1"] * 8
    assert len(exchanges) == 1
