"""Hostile URLs, wherever clients or Label Studio may put one, are never called."""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from labelloop.adapters.label_studio_http import LabelStudioHttp
from labelloop.errors import LabelloopError
from tests.builders import PROJECT
from tests.conftest import load_event
from tests.reliability.report import find
from tests.reliability.site import SmallStore, call, site
from tests.unit.adapters.label_studio_server import Answer, at, serving

HOSTILE = (
    *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://0/"),
    *("http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/"),
    *(
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    ),
    *("http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/"),
    *("http://[fd00:ec2::254]/latest/", "http://169.254.170.2/v2/credentials", "http://10.0.0.1/"),
    *("http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://[fe80::1]/"),
    *("http://metadata.google.internal/", "http://127.0.0.1.example.com/", "http://localtest.me/"),
    *("http://example.com@127.0.0.1/", "http://127.0.0.1#@example.com/", "http://127.0.0.1:22/"),
    *("http://example.com\\@127.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/"),
    *("https://example.com/redirect?to=http://169.254.169.254/", "//127.0.0.1/", "///127.0.0.1/"),
    *(
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_X",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1:1/",
    ),
    *("http://127.0.0.1:9001/2015-03-31/functions", "http://rebind.example.com/"),
)


class Wire:
    """Watches this process's sockets: who was looked up, who was called."""

    def __init__(self) -> None:
        self.is_watched = False
        self.called: list[str] = []
        sys.addaudithook(self._on_event)  # of the interpreter itself: nothing gets round it

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_watched and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            self.called.append(f"{event} {arguments[1:] or arguments}")


_WIRE = Wire()


@pytest.fixture
def wire() -> Iterator[Wire]:
    _WIRE.called.clear()
    _WIRE.is_watched = True
    yield _WIRE
    _WIRE.is_watched = False


@pytest.fixture
def store(monkeypatch) -> Iterator[SmallStore]:
    with site(monkeypatch) as store:
        yield store


def send(name: str, body: dict[str, Any]) -> tuple[int, str]:
    return call(load_event(name) | {"body": json.dumps(body)})


def body_of(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(load_event(name)["body"])
    return body


def with_url(url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield requests that carry a URL in each place where clients may put one."""
    yield "webhook-setup", body_of("webhook-setup") | {"hostname": url, "access_token": "a" * 40}
    annotated = body_of("webhook-annotation-created")
    for name in ("title", "description", "token", "hostname", "url", "model_version"):
        annotated["project"][name] = url
    annotated["task"]["data"] = {"text": url, "image": url, url: url}
    annotated["project"]["label_config"] = LABEL_CONFIG.format(url=url.replace("&", "&amp;"))
    yield "webhook-annotation-created", annotated
    predicted = body_of("predict-predict") | {"project": PROJECT, "params": {"login": url}}
    predicted["extra_params"] = {"hostname": url, "url": url}
    predicted["tasks"] = [{"id": 1, "data": {"text": url, "image": url}, "file_upload": url}]
    predicted["label_config"] = LABEL_CONFIG.format(url=url.replace("&", "&amp;"))
    yield "predict-predict", predicted


LABEL_CONFIG = (
    '<View><Image name="img" value="{url}"/><HyperText name="h" valueType="url" value="{url}"/>'
    '<Text name="text" value="$text"/><Choices name="label" toName="text" apiUrl="{url}">'
    '<Choice value="Positive"/><Choice value="Negative"/></Choices></View>'
)


def test_hostile_urls_are_never_called(store, wire):
    wrong = 0
    for url in HOSTILE:
        wire.called.clear()
        statuses = [send(*request)[0] for request in with_url(url)]
        wrong += bool(wire.called) or max(statuses) >= 500

    wire.is_watched = False
    find("hostile URLs: connections made", wrong, f"of {len(HOSTILE)} URLs in 3 requests each")


def test_the_wire_is_watched(wire):
    with socket.socket() as one, pytest.raises(OSError, match="refused"):
        one.connect(("127.0.0.1", 1))

    assert wire.called


def test_no_redirect_of_label_studio_leads_anywhere(wire):
    wrong = 0
    with serving() as server:
        client, own = at(server.url, LabelStudioHttp), server.url.rpartition(":")[2]
        for number, url in enumerate(HOSTILE):
            status = (301, 302, 303, 307, 308)[number % 5]
            server.answers(
                Answer(status, headers={"Location": url.encode("utf-8").decode("latin-1")})
            )
            wire.called.clear()
            with pytest.raises(LabelloopError):
                client.ask("GET", "/api/projects/1")
            wrong += any(own not in call for call in wire.called)

    wire.is_watched = False
    find("hostile redirects: connections made", wrong, f"of {len(HOSTILE)} redirects")
