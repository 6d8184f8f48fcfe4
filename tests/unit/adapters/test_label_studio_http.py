import json
import socket

import pytest

from labelloop.adapters.label_studio_http import TRIES, LabelStudioHttp
from labelloop.errors import NotFound, Rejected, TooLarge, Unavailable
from tests.unit.adapters.label_studio_server import (
    Answer,
    Server,
    at,
    serving,
)


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (400, Rejected), (405, Rejected), (500, Unavailable), (501, Unavailable)],
)
def test_an_answer_that_stays_so_is_not_asked_for_again(server: Server, status, error):
    server.answers(Answer(status, {"status_code": status}))

    with pytest.raises(error, match=str(status)):
        at(server.url, LabelStudioHttp).ask("GET", "/api/x?secret=1")

    assert len(server.heard) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_label_studio_is_asked_again_then_unavailable(server: Server, status):
    server.answers(Answer(status), Answer(body={"fine": 1}))
    http = at(server.url, LabelStudioHttp)
    assert http.ask("GET", "/api/x") == {"fine": 1}

    server.answers(Answer(status))
    with pytest.raises(Unavailable):
        http.ask("GET", "/api/x")
    assert len(server.heard) == 2 + TRIES


@pytest.mark.parametrize(("asked", "least", "most"), [("3", 3, 4), ("900", 10, 10), ("x", 0.5, 1)])
def test_retry_after_is_honoured_within_bounds(server: Server, asked, least, most):
    pauses: list[float] = []
    server.answers(Answer(429, headers={"Retry-After": asked}), Answer())

    at(server.url, LabelStudioHttp, sleep=pauses.append).ask("GET", "/api/x")

    assert least <= pauses[0] <= most


@pytest.mark.parametrize("answer", [Answer(drop=True), Answer(503), Answer(wait_s=5)])
def test_a_post_that_may_have_been_delivered_is_sent_once(server: Server, answer):
    server.answers(answer)

    with pytest.raises(Unavailable):
        at(server.url, LabelStudioHttp).ask("POST", "/api/x", [], read_s=0.2)

    assert len(server.heard) == 1


def test_a_get_is_sent_again_after_a_cut_connection(server: Server):
    server.answers(Answer(drop=True), Answer(body={"fine": 1}))

    assert at(server.url, LabelStudioHttp).ask("GET", "/api/x") == {"fine": 1}


def test_a_post_is_sent_again_when_nobody_was_there():
    pauses: list[float] = []
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(Unavailable, match="can't be reached"):
            at(url, LabelStudioHttp, sleep=pauses.append).ask("POST", "/api/x", [])

    assert len(pauses) == TRIES - 1


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"\xff\xfe", b"[" * 100_000])
def test_something_else_than_json_is_unavailable(server: Server, body):
    server.answers(Answer(body=body))

    with pytest.raises(Unavailable, match="not Label Studio's"):
        at(server.url, LabelStudioHttp).ask("GET", "/api/x")


def test_a_huge_answer_is_not_read_to_its_end(server: Server):
    server.answers(Answer(body=b" " * 5_000_000))

    with pytest.raises(TooLarge):
        at(server.url, LabelStudioHttp, max_answer=1000).ask("GET", "/api/x")


def test_a_post_that_met_a_locked_database_is_sent_again(server: Server):
    server.answers(Answer(500, {"detail": "database is locked"}), Answer(body={"id": 1}))

    assert at(server.url, LabelStudioHttp).ask("POST", "/api/x", {}) == {"id": 1}
    assert len(server.heard) == 2


def test_a_slow_answer_is_given_up(server: Server):
    server.answers(Answer(wait_s=5))

    with pytest.raises(Unavailable, match="it took too long"):
        at(server.url, LabelStudioHttp).ask("GET", "/api/x", read_s=0.1)


def test_an_answer_that_trickles_in_is_given_up(server: Server):
    late = iter(range(0, 100_000, 60))
    server.answers(Answer(body=json.dumps(["x" * 200_000])))

    with pytest.raises(Unavailable, match="too long"):
        at(server.url, LabelStudioHttp, clock=lambda: next(late)).ask("GET", "/api/x")


def test_one_that_did_not_answer_is_left_alone_for_a_while(server: Server):
    now = [0.0]
    http = at(server.url, LabelStudioHttp, clock=lambda: now[0])
    server.answers(Answer(503))
    with pytest.raises(Unavailable, match="503"):
        http.ask("GET", "/api/x")
    asked = len(server.heard)

    with pytest.raises(Unavailable, match="a moment ago"):
        http.ask("GET", "/api/x")
    assert len(server.heard) == asked

    now[0] += 60
    server.answers(Answer(body={"id": 1}))
    assert http.ask("GET", "/api/x") == {"id": 1}


def test_a_slow_one_is_not_asked_again_for_minutes(server: Server):
    now = iter(range(0, 100_000, 40))
    server.answers(Answer(503))

    with pytest.raises(Unavailable):
        at(server.url, LabelStudioHttp, clock=lambda: next(now)).ask("GET", "/api/x")

    assert len(server.heard) == 1


def test_a_label_studio_below_a_path_is_found_there(server: Server):
    at(server.url + "/label-studio/", LabelStudioHttp).ask("GET", "/api/x", query={"a": "b c"})

    assert server.heard[0].path == "/label-studio/api/x?a=b+c"
