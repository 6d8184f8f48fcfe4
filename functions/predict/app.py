"""HTTP: /predict without a framework, for somebody waits; all other routes by FastAPI."""

from typing import Any

from labelloop.bootstrap import secret
from labelloop.web import small_calls
from labelloop.web.credentials import check
from labelloop.web.http import Request, answer, only, path_of, refusal, respond, with_path
from labelloop.web.predictions import predictions_for


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    path = path_of(event)
    if path == "/predict":
        return respond(event, _predict)
    if path in small_calls.PATHS:  # with a slash too many API Gateway finds no route of theirs
        return respond(event, small_calls.answer_call)
    from labelloop.web.api import serve

    return serve(with_path(event, path), context)


def _predict(request: Request) -> Any:
    refused = refusal(check(request.headers, secret()()), request.path)
    return refused or only("POST", request, lambda _: answer(200, predictions_for(request.body)))
