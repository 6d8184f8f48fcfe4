"""HTTP without a framework: for the function that must answer within a second of its cold start."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.errors import (
    BadRequest,
    LabelloopError,
    NotFound,
    TooLarge,
    Unavailable,
    Unprocessable,
)

STATUS: Final[Mapping[type[LabelloopError], int]] = {
    BadRequest: 400,
    NotFound: 404,
    TooLarge: 413,
    Unprocessable: 422,
    Unavailable: 503,
}
ASK_FOR_CREDENTIALS: Final = {"www-authenticate": 'Basic realm="labelloop", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def read_request(event: Mapping[str, Any]) -> Request:
    """Return the request of an API Gateway event, payload format 2.0 or 1.0."""
    context = event.get("requestContext") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    method = (context.get("http") or {}).get("method") or event.get("httpMethod") or ""
    path = event.get("rawPath") or event.get("path") or "/"
    return Request(method, path, headers, _body(event))


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
    """Return a response in API Gateway's form. Label Studio takes nothing but JSON objects."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"} | dict(headers or {}),
        "body": json.dumps(body),
    }


def answer_error(error: LabelloopError) -> Any:
    """Return the response to an error of ours; its text never holds what the caller sent."""
    return answer(status_of(error), {"error": str(error)})


def status_of(error: LabelloopError) -> int:
    """Return the HTTP status of an error of ours."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError):
        raise BadRequest("the body is not Base64, though the event says so") from None
