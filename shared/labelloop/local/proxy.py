"""A reverse proxy: http://127.0.0.1:9090/x is the emulated API's /x, with AWS's limits."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 30.0

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
HOP_BY_HOP = {b"connection", b"content-length", b"host", b"keep-alive", b"te", b"trailer"} | {
    b"transfer-encoding",
    b"upgrade",
}


def proxy(target: str) -> Starlette:
    """Return an app that forwards each request to a target URL, and returns its answer."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            timeout=MOST_SECONDS, limits=limits, trust_env=False
        ) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse({"message": "Request Entity Too Large"}, status_code=413)
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1")
        try:
            answer = await request.app.state.client.request(
                request.method,
                f"{target}{path}" + (f"?{query}" if query else ""),
                headers=_end_to_end(request.headers.raw),
                content=body,
            )
        except httpx.TransportError:  # too slow, or the emulator is gone
            return JSONResponse({"message": "Service Unavailable"}, status_code=503)
        response = Response(answer.content, answer.status_code)
        headers = _end_to_end(answer.headers.raw)
        plain = [(name, value) for name, value in headers if name != b"content-encoding"]
        response.raw_headers = [*plain, (b"content-length", str(len(answer.content)).encode())]
        return response

    return Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)], lifespan=lifespan)


async def _body(request: Request) -> bytes | None:
    """Return the request's body, None if it is larger than the gateway accepts."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _end_to_end(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP]


@contextmanager
def serving(app: Starlette, host: str, port: int) -> Iterator[str]:
    """Serve an app in a thread until the block ends; yield its URL."""
    server = uvicorn.Server(uvicorn.Config(app, host, port, log_level="warning"))
    thread = threading.Thread(target=server.run, name="proxy", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
