"""Label Studio's small calls, without a framework: it waits only about a second for an answer.

They are /health, /setup, and /webhook, which stores one event. The webhook function answers them.
API Gateway routes calls with a slash too many to the predict function, which answers the same.
"""

from datetime import UTC, datetime
from typing import Any, Final

from labelloop.bootstrap import accept_deps, secret, setup_deps
from labelloop.domain.serving.options import RETIRED_STRATEGIES
from labelloop.errors import Ignored
from labelloop.labelstudio.payloads import project_key, read_event, read_extra_params, read_json
from labelloop.observability import about
from labelloop.usecases.intake.accept import accept, current_version
from labelloop.web.credentials import Caller, check
from labelloop.web.http import Request, answer, forbidden, only, refusal, refuse_pages

PATHS: Final = frozenset({"/", "/health", "/setup", "/webhook"})


def answer_call(request: Request) -> Any:
    """Return the answer to a small call; 404 for any other path."""
    if request.path in ("/", "/health"):
        return only("GET", request, lambda _: answer(200, {"status": "UP"}))
    caller = check(request.headers, secret()())
    if refused := refusal(caller, request.path):
        return refused
    refuse_pages(request.headers)
    if request.path == "/setup":
        return only("POST", request, _setup)
    if request.path == "/webhook":
        return only("POST", request, lambda _: _webhook(request, caller))
    return answer(404, {"error": "no such path"})


def _setup(request: Request) -> Any:
    body = read_json(request.body)
    project, extra_params = project_key(body.get("project")), body.get("extra_params")
    strategy = read_extra_params(extra_params).get("strategy")
    if strategy and strategy not in RETIRED_STRATEGIES:
        from labelloop.usecases.serving.choose import choose

        choose(project, {"strategy": strategy}, setup_deps())
    about(project=project)
    version = current_version(project, accept_deps())
    return answer(200, {"model_version": version})


def _webhook(request: Request, caller: Caller) -> Any:
    try:
        event = read_event(read_json(request.body), datetime.now(UTC))
    except Ignored as reason:
        return answer(200, {"status": "ignored", "reason": str(reason)})
    about(project=event.project)
    if not caller.may_send(event.action, event.project):
        return forbidden(caller)
    return answer(202, {"status": "accepted", "event": accept(event, accept_deps())})
