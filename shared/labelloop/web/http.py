"""HTTP without a framework: a function with a cold start must answer within a second."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.errors import (
    BadRecipe,
    BadRequest,
    Foreign,
    LabelloopError,
    NotFound,
    NotJson,
    TooLarge,
    Unavailable,
    Unprocessable,
)
from labelloop.observability import count, logger
from labelloop.web.credentials import Caller, Role

STATUS: Final[Mapping[type[LabelloopError], int]] = {
    BadRequest: 400,
    Foreign: 403,
    NotFound: 404,
    TooLarge: 413,
    NotJson: 415,
    Unprocessable: 422,
    BadRecipe: 422,
    Unavailable: 503,
}
_JSON: Final = json.JSONEncoder(separators=(",", ":"))
ASK_FOR_CREDENTIALS: Final = {"www-authenticate": 'Basic realm="labelloop", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower-case; `query`: as it was sent, still encoded."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""


def read_request(event: Mapping[str, Any]) -> Request:
    """Return the request of an API Gateway event, payload format 2.0 or 1.0."""
    context = event.get("requestContext") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    method = (context.get("http") or {}).get("method") or event.get("httpMethod") or ""
    if cookies := event.get("cookies"):  # payload format 2.0 has them apart
        headers["cookie"] = "; ".join(map(str, cookies))
    query = str(event.get("rawQueryString") or "")
    return Request(method, path_of(event), headers, _body(event), query)


def path_of(event: Mapping[str, Any]) -> str:
    """Return the path of an API Gateway event, without superfluous slashes."""
    path = str(event.get("rawPath") or event.get("path") or "")
    return "/" + "/".join(part for part in path.split("/") if part)


def with_path(event: dict[str, Any], path: str) -> dict[str, Any]:
    """Return an event with its path replaced, in every field that holds one."""
    context = event.get("requestContext") or {}
    if "http" in context:
        context = context | {"http": context["http"] | {"path": path}}
    paths = {name: path for name in ("rawPath", "path") if name in event}
    return event | paths | ({"requestContext": context} if context else {})


def respond(event: Mapping[str, Any], to: Callable[[Request], Any]) -> Any:
    """Return the answer of `to` to an API Gateway event; errors become answers too."""
    try:
        return to(read_request(event))
    except LabelloopError as error:
        if status_of(error) >= 500:
            logger().exception("request failed")
        return answer(status_of(error), body_of(error))
    except Exception:
        logger().exception("request failed")
        return answer(500, {"error": "internal error"})


def body_of(error: LabelloopError) -> dict[str, str]:
    """Return the body of an answer that says what was wrong, and what to do about it."""
    return {"error": str(error)} | ({"fix": error.fix} if error.fix else {})


def refusal(caller: Caller, path: str) -> Any | None:
    """Return the answer to a caller that may not call the path, None if it may."""
    if caller.may_call(path):
        return None
    if caller.role is Role.NOBODY:
        count("Unauthorised")
        return answer(401, {"error": caller.role.value}, ASK_FOR_CREDENTIALS)
    if caller.role is Role.UNCONFIGURED:
        return answer(403, {"error": caller.role.value})
    return forbidden(caller)


def forbidden(caller: Caller) -> Any:
    """Return the answer to a caller with credentials for something else."""
    use = caller.role.value
    error = f"these credentials are for {use} alone; `labelloop credentials` says more"
    return answer(403, {"error": error})


def refuse_pages(headers: Mapping[str, str]) -> None:
    """Raise Foreign for a request from another site's web page; browsers say so in headers.

    A proxy may change the host, but no page can make its browser say `same-origin`.
    """
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "none")
    host = origin.partition("://")[2]
    is_own = not origin or (host and host == headers.get("host"))
    if site != "same-origin" and not (is_own and site == "none"):
        raise Foreign("the request comes from a web page of another site")


def refuse_forms(headers: Mapping[str, str]) -> None:
    """Raise NotJson unless the request has a JSON content type, which no HTML form can send."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJson("a change must be sent with the header Content-Type: application/json")


def only(method: str, request: Request, to: Callable[[Request], Any]) -> Any:
    """Return the answer of `to` to a request of one method; 405 for other methods."""
    if request.method == method:
        return to(request)
    return answer(405, {"error": f"{method} only"}, {"allow": method})


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
    """Return a response in API Gateway's form. Label Studio accepts JSON objects only."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"} | dict(headers or {}),
        "body": _JSON.encode(body),
    }


def status_of(error: LabelloopError) -> int:
    """Return the HTTP status of an error, 500 for one without a status of its own."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError):
        raise BadRequest("the body is not Base64, though the event says so") from None
