"""CloudFormation's custom resources: it waits for an answer at a URL, up to an hour without one."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import urllib3

from labelloop.errors import Unavailable

_TRIES: Final = urllib3.Retry(3, backoff_factor=0.5, allowed_methods=None)
_SECONDS: Final = 5.0
_LONGEST_REASON: Final = 500  # CloudFormation takes 4 KB in all


@contextmanager
def answered(event: Mapping[str, Any], physical_id: str) -> Iterator[None]:
    """Answer whether what is done within succeeded; an error becomes the stack's reason to fail.

    Raises Unavailable if the answer does not get through.
    """
    status, reason = "SUCCESS", ""
    try:
        yield
    except Exception as exc:
        status, reason = "FAILED", f"{type(exc).__name__}: {exc}"[:_LONGEST_REASON]
    body = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")} | {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": physical_id,
    }
    # The URL is signed without a content type, so S3 refuses any.
    headers = {"content-type": ""}
    answer = urllib3.PoolManager().request(
        "PUT",
        event["ResponseURL"],
        body=json.dumps(body).encode(),
        headers=headers,
        retries=_TRIES,
        timeout=_SECONDS,
    )
    if answer.status >= 300:
        raise Unavailable(f"CloudFormation's URL answered {answer.status}")
