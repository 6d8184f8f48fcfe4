"""Which errors of AWS are temporary."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from labelloop.errors import Unavailable

PASSING: Final = {
    "InternalError",
    "InternalFailure",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error, empty if it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def unavailable_if_passing() -> Iterator[None]:
    """Turn temporary errors into Unavailable; other errors pass through: they need a person."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as exc:
        raise Unavailable(f"AWS did not answer: {type(exc).__name__}") from exc
    except ClientError as exc:
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code_of(exc) in PASSING:
            raise Unavailable(f"AWS answered {code_of(exc)}") from exc
        raise
