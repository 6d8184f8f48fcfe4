"""Requests for pages and the answers to them: forms and queries, HTML, redirects, compression."""

import base64
import gzip
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from labelloop.errors import BadRequest, LabelloopError, TooLarge
from labelloop.pages.rendering import render
from labelloop.web.http import Request, status_of
from labelloop.web.sessions import Session

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_MOST_FORM_BYTES: Final = 10_000
_MOST_TEXT: Final = 4_000
_HTML: Final = "text/html; charset=utf-8"
_TITLES: Final = {403: "Not allowed", 404: "Not found", 503: "Not available now"}


def form_bytes(request: Request) -> bytes:
    """Return the body of a form; TooLarge for more than any form of ours sends."""
    if len(request.body) > _MOST_FORM_BYTES:
        raise TooLarge("the form is too large")
    return request.body


def query_of(request: Request) -> dict[str, str]:
    """Return the fields of a request's query."""
    return fields_of(request.query.encode("utf-8", "backslashreplace"))


def fields_of(encoded: bytes) -> dict[str, str]:
    """Return the fields of a query or a form."""
    try:
        text = encoded.decode("utf-8", "surrogateescape")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError:
        raise BadRequest("the request cannot be read") from None
    return {name: value[:_MOST_TEXT] for name, value in pairs}


def error_page(request: Request, session: Session | None, error: LabelloopError) -> Any:
    """Return the page that says what was wrong."""
    status = status_of(error)
    title = _TITLES.get(status, "Not understood")
    return page(request, status, "error.html", session, title=title, why=str(error))


def page(
    request: Request, status: int, template: str, session: Session | None, **values: Any
) -> Any:
    """Return a page made of a template."""
    body = render(template, session=session, **values)
    return response(request, status, body, {"content-type": _HTML})


def redirect(request: Request, to: str, headers: Mapping[str, str] | None = None) -> Any:
    """Return the answer that sends a browser to another page, by GET."""
    return response(request, 303, b"", {"location": to} | dict(headers or {}))


def response(request: Request, status: int, body: bytes, headers: Mapping[str, str]) -> Any:
    """Return a response in API Gateway's form, compressed where the client takes that."""
    sent = HEADERS | {"vary": "accept-encoding"} | dict(headers)
    if request.method == "HEAD":
        body = b""
    if body and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, mtime=0)
        sent["content-encoding"] = "gzip"
    text = base64.b64encode(body).decode()
    return {"statusCode": status, "headers": sent, "body": text, "isBase64Encoded": True}
