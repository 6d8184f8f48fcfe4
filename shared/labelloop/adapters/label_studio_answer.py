"""What Label Studio's answers mean. No error repeats a body: it may hold texts or a token."""

import json
from collections.abc import Mapping
from typing import Any, Final

from labelloop.errors import Denied, NotFound, Rejected, Unavailable

Json = dict[str, Any]
_LOCKED: Final = b"database is locked"  # SQLite, while another request writes
RENEW: Final = (
    "make a new token under Account & Settings and set LABEL_STUDIO_TOKEN; a legacy token works "
    "only where the organisation allows it (Organization > Access Token Settings)"
)
RIGHTS: Final = "use the token of a person who may edit the project"
_BUSY: Final = frozenset({429, 502, 503, 504})


class Passing(Exception):
    """A try may succeed soon. `delivered`: Label Studio may already have done what was asked."""

    def __init__(
        self, reason: str, *, delivered: bool, pause_s: float | None = None, fix: str = ""
    ) -> None:
        super().__init__(reason)
        self.fix = fix
        self.delivered = delivered
        self.pause_s = pause_s


def judge(what: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    """Return the JSON of an answer, None if it is empty. `what`: the request, for the errors."""
    if status in _BUSY:
        pause_s = _seconds(headers.get("Retry-After"))
        raise Passing(f"answered {status}", delivered=status != 429, pause_s=pause_s)
    if status >= 500 and _LOCKED in content:
        raise Passing("its database was locked", delivered=False)  # it rolled the request back
    if status >= 500:
        raise Unavailable(f"{what}: Label Studio answered {status}")
    if status == 401:
        raise Denied(f"{what}: Label Studio answered 401, it refuses the token", RENEW)
    if status == 403:
        raise Denied(f"{what}: Label Studio answered 403, the token lacks the right", RIGHTS)
    if status == 404 and not _is_own(content):  # a proxy answers 404 if Label Studio is down
        raise Unavailable(f"{what}: 404, and not from Label Studio itself")
    if status == 404:
        raise NotFound(f"{what}: Label Studio answered 404")
    if status >= 400:
        raise Rejected(f"{what}: Label Studio answered {status}")
    if status >= 300:
        raise Rejected(
            f"{what}: redirected", "name the address at which Label Studio itself answers"
        )
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise Unavailable(
            f"{what}: the answer is not Label Studio's",
            "check Label Studio's address: a page is there, but not its API",
        ) from exc


def as_object(answer: Any) -> Json:
    """Return a JSON object; Unavailable if it is something else."""
    if not isinstance(answer, dict):
        raise Unavailable("Label Studio did not answer with a JSON object")
    return answer


def as_list(answer: Any) -> list[Json]:
    """Return a list of JSON objects; Unavailable if it is something else."""
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise Unavailable("Label Studio did not answer with a list of JSON objects")
    return answer


def field[T](answer: Json, name: str, kind: type[T]) -> T:
    """Return a field of an answer; Unavailable if it is missing or of another type."""
    if not isinstance(value := answer.get(name), kind):
        raise Unavailable(f"Label Studio's answer lacks {name}")
    return value


def _is_own(content: bytes) -> bool:
    """Say whether an error comes from Label Studio itself; gateways answer with JSON too."""
    try:
        body = json.loads(content)
        return isinstance(body, dict) and "status_code" in body
    except (ValueError, RecursionError):
        return False


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
