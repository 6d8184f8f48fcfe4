"""HTTP for Label Studio's small calls: /health, /setup, and /webhook, which stores one event."""

from typing import Any

from labelloop.observability import about_call
from labelloop.web.http import respond
from labelloop.web.small_calls import answer_call


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    about_call(context)
    return respond(event, answer_call)
