"""HTTP for Label Studio's small calls: /health, /setup, and /webhook, which stores one event."""

from typing import Any

from labelloop.web.http import respond
from labelloop.web.small_calls import answer_call


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    return respond(event, answer_call)
