"""The line between both sides: passes requests on, unless a test cuts it or puts words into it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from labelloop.local.emulator import LOOPBACK

HOP_BY_HOP = {"connection", "content-encoding", "content-length", "host", "transfer-encoding"}


@dataclass(frozen=True)
class Answer:
    """What is said instead of the other side; `status` 0: nothing, the line is cut."""

    status: int = 0
    body: bytes = b"{}"
    content_type: str = "application/json"
    after_s: float = 0


type Rule = Callable[[str, str, bytes], Answer | None]


def pass_on(method: str, path: str, body: bytes) -> None:
    """Let every request through."""


class Wire:
    """One direction of the line; `rule` says what is answered in place of the target."""

    def __init__(self, port: int, target: str) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self.rule: Rule = pass_on
        self.ended = threading.Event()
        self.undelivered: list[str] = []  # what the other side did not take, and why
        # A connection for each call, as Label Studio makes them: one kept open may be closed by the
        # other side just when it is used again, and the call is lost.
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=target, timeout=120, trust_env=False, limits=fresh)

    def close(self) -> None:
        self._http.close()

    @contextmanager
    def ruled(self, rule: Rule) -> Iterator[None]:
        """Apply a rule as long as a block lasts."""
        self.rule = rule
        try:
            yield
        finally:
            self.rule = pass_on

    @contextmanager
    def leading_to(self, target: str) -> Iterator[None]:
        """Lead to another side as long as a block lasts."""
        before = self._http.base_url
        self._http.base_url = httpx.URL(target)
        try:
            yield
        finally:
            self._http.base_url = before

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        said = self.rule(handler.command, handler.path, body)
        if said is None:
            self._forward(handler, body)
            return
        self.ended.wait(said.after_s)
        handler.close_connection = True
        if said.status:
            _answer(handler, said.status, said.body, {"Content-Type": said.content_type})

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sent = [(k, v) for k, v in handler.headers.items() if k.lower() not in HOP_BY_HOP]
        try:
            answer = self._http.request(handler.command, handler.path, headers=sent, content=body)
        except httpx.TransportError as exc:
            self.undelivered.append(f"{handler.command} {handler.path}: {exc!r}")
            handler.close_connection = True
            return
        if not answer.is_success:
            self.undelivered.append(f"{handler.command} {handler.path}: {answer.status_code}")
        kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
        _answer(handler, answer.status_code, answer.content, kept)


class Server(ThreadingHTTPServer):
    """Takes calls while the machine is too busy to answer them: Label Studio tries each once."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def wire(port: int, target: str) -> Iterator[Wire]:
    """Lay a wire from a port to a target, for as long as a block lasts."""
    line = Wire(port, target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def any(self) -> None:
            line.handle(self)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = any  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Server((LOOPBACK, port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield line
    finally:
        line.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
        line.close()


def _answer(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]
) -> None:
    try:
        handler.send_response_only(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    except OSError:  # whoever asked has given up
        handler.close_connection = True


def slowly(seconds: float) -> Rule:
    """Return the rule of a side that takes its time, and then says what it says anyway."""

    def rule(method: str, path: str, body: bytes) -> None:
        time.sleep(seconds)

    return rule
