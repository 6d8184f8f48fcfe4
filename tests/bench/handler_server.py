"""The predict function's handler behind uvicorn: stands for API Gateway.

python -m tests.bench.handler_server 127.0.0.1:9090
"""

import os
import sys
from typing import Any

import pytest
import uvicorn

from tests.bench.served import served
from tests.integration.conftest import CONTEXT


def app_of(handler: Any) -> Any:
    """Return an ASGI app that hands each request over as API Gateway does, one at a time."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        http = {"method": scope["method"], "path": scope["path"], "protocol": "HTTP/1.1"}
        event = {
            "version": "2.0",
            "rawPath": scope["path"],
            "rawQueryString": scope["query_string"].decode(),
            "headers": headers,
            "requestContext": {"http": http | {"sourceIp": "127.0.0.1"}},
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        answer = handler(event, CONTEXT)
        pairs = [(name.encode(), value.encode()) for name, value in answer["headers"].items()]
        text = answer["body"].encode()
        pairs.append((b"content-length", str(len(text)).encode()))
        await send(
            {"type": "http.response.start", "status": answer["statusCode"], "headers": pairs}
        )
        await send({"type": "http.response.body", "body": text})

    return app


def main(address: str) -> None:
    """Serve until ended."""
    host, _, port = address.partition(":")
    with pytest.MonkeyPatch.context() as patch:
        served(patch, int(os.environ["LABELS"]), 0)
        from functions.predict.app import lambda_handler

        uvicorn.run(
            app_of(lambda_handler), host=host, port=int(port), log_level="error", lifespan="off"
        )


if __name__ == "__main__":
    main(sys.argv[1])
