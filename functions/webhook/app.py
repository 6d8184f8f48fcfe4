"""HTTP for Label Studio's small calls: /health, /setup, and /webhook -> one stored event."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from labelloop.bootstrap import accept_deps, secret
from labelloop.credentials import Access, check
from labelloop.errors import Ignored, LabelloopError
from labelloop.http import (
    ASK_FOR_CREDENTIALS,
    Request,
    answer,
    answer_error,
    read_request,
    status_of,
)
from labelloop.labelstudio import project_key, read_event, read_extra_params, read_json
from labelloop.observability import logger
from labelloop.usecases.accept import accept, current_version
from labelloop.usecases.choose import choose


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    try:
        return _answer(read_request(event))
    except LabelloopError as error:
        if status_of(error) >= 500:
            logger().exception("request failed")
        return answer_error(error)
    except Exception:
        logger().exception("request failed")
        return answer(500, {"error": "internal error"})


def _answer(request: Request) -> Any:
    if request.path in ("/", "/health"):
        return _only("GET", request, lambda _: answer(200, {"status": "UP"}))
    match check(request.headers, secret()()):
        case Access.DENIED:
            return answer(401, {"error": Access.DENIED.value}, ASK_FOR_CREDENTIALS)
        case Access.UNCONFIGURED:
            return answer(403, {"error": Access.UNCONFIGURED.value})
    if request.path == "/setup":
        return _only("POST", request, _setup)
    if request.path == "/webhook":
        return _only("POST", request, _webhook)
    return answer(404, {"error": "no such path"})


def _only(method: str, request: Request, respond: Callable[[Request], Any]) -> Any:
    if request.method == method:
        return respond(request)
    return answer(405, {"error": f"{method} only"}, {"allow": method})


def _setup(request: Request) -> Any:
    body = read_json(request.body)
    project, extra_params = project_key(body.get("project")), body.get("extra_params")
    if strategy := read_extra_params(extra_params).get("strategy"):
        choose(project, {"strategy": strategy}, accept_deps().store, accept_deps().queue)
    version = current_version(project, accept_deps())
    return answer(200, {"model_version": version})


def _webhook(request: Request) -> Any:
    try:
        event = read_event(read_json(request.body), datetime.now(UTC))
    except Ignored as reason:
        return answer(200, {"status": "ignored", "reason": str(reason)})
    return answer(202, {"status": "accepted", "event": accept(event, accept_deps())})
