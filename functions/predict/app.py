"""HTTP: /predict without a framework, because people wait for it; other routes by FastAPI, and the
pages. Both are imported late, so that a cold start for /predict does without them.
"""

from typing import Any

from labelloop.observability import about_call
from labelloop.web import predictions, small_calls
from labelloop.web.http import path_of, respond, with_path


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    about_call(context)
    path = path_of(event)
    if path == "/predict":
        return respond(event, predictions.answer_call)
    if path in small_calls.PATHS:  # API Gateway routes those with a slash too many to this function
        return respond(event, small_calls.answer_call)
    if path == "/ui" or path.startswith("/ui/"):
        from labelloop.web import pages

        return pages.serve(event)
    from labelloop.web.api import serve

    return serve(with_path(event, path), context)
