"""HTTP: /predict without a framework, for somebody waits; all other routes by FastAPI."""

from typing import Any

from labelloop.bootstrap import secret
from labelloop.credentials import check
from labelloop.http import Request, answer, only, refusal, respond
from labelloop.predictions import predictions_for


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    if (event.get("rawPath") or event.get("path")) == "/predict":
        return respond(event, _predict)
    from labelloop.api import serve

    return serve(event, context)


def _predict(request: Request) -> Any:
    refused = refusal(check(request.headers, secret()()), request.path)
    return refused or only("POST", request, lambda _: answer(200, predictions_for(request.body)))
