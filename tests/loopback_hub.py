"""A hub of models on loopback: its listing, files by redirects, and the faults of a network."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

COMMIT = "c0ffee"


@dataclass
class LoopbackHub:
    """The hub's files of one model, `org/tiny`, and what it does wrong.

    `breaks_after`: bytes of a file after which the connection ends, as often as `breaks`; `token`:
    that it wants; `asked`: paths, ranges and whether a token came with them.
    """

    files: Mapping[str, bytes]
    token: str = ""
    breaks_after: int = 0
    breaks: int = 0
    sends: dict[str, bytes] = field(default_factory=dict)  # in place of the files
    listed: dict[str, Any] = field(default_factory=dict)  # of a file, in place of what it is
    knows_ranges: bool = True
    status: int = 0
    goes_to: str = ""  # where files are redirected to: an address with {} for the file
    asked: list[tuple[str, str, bool]] = field(default_factory=list)
    url: str = ""
    files_at: str = ""

    def listing(self) -> dict[str, Any]:
        return {"sha": COMMIT, "siblings": [self._row(name) for name in self.files]}

    def _row(self, name: str) -> dict[str, Any]:
        body = self.files[name]
        blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()  # noqa: S324
        row: dict[str, Any] = {"rfilename": name, "size": len(body), "blobId": blob}
        if name.endswith(".onnx"):
            row["lfs"] = {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
        return row | self.listed.get(name, {})


@contextmanager
def serving(hub: LoopbackHub) -> Iterator[LoopbackHub]:
    """Serve the hub's API, and its files from another address, as the real one does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

        def do_GET(self) -> None:
            path, range_ = self.path, self.headers.get("Range", "")
            has_token = "Authorization" in self.headers
            hub.asked.append((path, range_, has_token))
            if path.startswith("/stored/"):
                return self._file(path.removeprefix("/stored/"), range_)
            if hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
                return self._answer(401, b"{}")
            if hub.status:
                return self._answer(hub.status, b"{}")
            at = path.partition("?")[0]
            if at in ("/api/models/org/tiny", "/api/models/org/tiny/revision/v1"):
                return self._answer(200, json.dumps(hub.listing()).encode())
            start = f"/org/tiny/resolve/{COMMIT}/"
            if at.startswith(start):
                where = (hub.goes_to or f"{hub.files_at}/stored/{{}}").format(
                    at.removeprefix(start)
                )
                return self._answer(302, b"", {"Location": where})
            return self._answer(404, b"{}")

        def _file(self, name: str, range_: str) -> None:
            body = hub.sends.get(name, hub.files[name])
            first = int(range_.removeprefix("bytes=").rstrip("-")) if range_ else 0
            is_part = bool(range_) and hub.knows_ranges
            part = body[first:] if is_part else body
            headers = {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"}
            is_cut = hub.breaks > 0 and name.endswith(".onnx")
            self._answer(206 if is_part else 200, part, headers if is_part else {}, is_cut)

        def _answer(
            self, status: int, body: bytes, headers: Mapping[str, str] = {}, is_cut: bool = False
        ) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if is_cut:
                hub.breaks -= 1
                body = body[: hub.breaks_after]
                self.close_connection = True
            self.wfile.write(body)

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    threads = [Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    hub.url, hub.files_at = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
