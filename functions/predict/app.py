"""HTTP: /predict without a framework, for somebody waits; all other routes by FastAPI."""

from typing import Any

from labelloop.web import predictions, small_calls
from labelloop.web.http import path_of, respond, with_path


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    path = path_of(event)
    if path == "/predict":
        return respond(event, predictions.answer_call)
    if path in small_calls.PATHS:  # with a slash too many API Gateway finds no route of theirs
        return respond(event, small_calls.answer_call)
    from labelloop.web.api import serve

    return serve(with_path(event, path), context)
