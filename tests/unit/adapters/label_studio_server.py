"""A server on loopback that says what a test wants Label Studio to say, and keeps what it heard."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbiI6InJlZnJlc2gifQ.c2lnbmF0dXJl"


@dataclass
class Heard:
    method: str
    path: str
    authorization: str | None
    body: Any


@dataclass
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False  # close the connection instead of answering
    wait_s: float = 0


class Server:
    """Answers from `script`, one by one, the last one for ever; `refreshes` counts new tokens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.script: list[Answer] = [Answer()]
        self.heard: list[Heard] = []
        self.refreshes = 0
        self.ended = threading.Event()

    def answers(self, *script: Answer) -> None:
        self.script = list(script)

    def answer(self, heard: Heard) -> Answer:
        if heard.path == "/api/token/refresh/":
            self.refreshes += 1
            return Answer(body={"access": f"access-{self.refreshes}"})
        self.heard.append(heard)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def serving() -> Iterator[Server]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server = Server(f"http://127.0.0.1:{httpd.server_port}")
    httpd.RequestHandlerClass = _handler(server)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            heard = Heard(self.command, self.path, self.headers.get("Authorization"), body)
            _write(self, server.answer(heard), server.ended)

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _write(handler: BaseHTTPRequestHandler, answer: Answer, ended: threading.Event) -> None:
    ended.wait(answer.wait_s)
    if answer.drop or ended.is_set():
        handler.close_connection = True
        return
    raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    handler.send_response(answer.status)
    for name, value in (answer.headers | {"Content-Length": str(len(raw))}).items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        handler.wfile.write(raw)
    except OSError:  # a client may stop listening to a huge answer
        handler.close_connection = True


def at[T](url: str, make: Callable[..., T], token: str = LEGACY, **options: Any) -> T:
    """Return a client of that server; it takes no pauses unless told."""
    return make(url, lambda: token, **({"sleep": lambda _: None} | options))
