"""Requests to the deployed Labelloop."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

from labelloop.adapters.connection_errors import TRUST, why
from labelloop.cli.address import PRINTED, Address
from labelloop.cli.network import is_here, pool_for
from labelloop.errors import (
    Denied,
    LabelloopError,
    NotFound,
    Rejected,
    Unavailable,
    Untrusted,
)
from labelloop.web.credentials import Role

type Send = Callable[[str, str, bytes | None], tuple[int, bytes]]

_TIMEOUT: Final = urllib3.Timeout(connect=10, read=40)  # API Gateway gives up after 30 s
_TRIES: Final = 3
# Lambda accepts an event of 6 MB. The body is a string in it, so its quotes are escaped again.
MOST_ESCAPED_BYTES: Final = 4_500_000
_CREDENTIALS: Final = (
    "compare user and password with the deployment's: aws ssm get-parameter --with-decryption "
    "--query Parameter.Value --name /<stack>/credentials (or as CredentialsParameter names it)"
)
_NO_CREDENTIALS: Final = "create the SSM parameter CredentialsParameter: one user:password a line"
_OTHER_CREDENTIALS: Final = (
    "use the user and password of the deployment's parameter CredentialsParameter in LABELLOOP_URL"
)
API_URL: Final = "check the address: it is the ApiUrl that the deployment printed"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status and JSON, and the seconds it took on a new connection.

    `body` is None if the answer is not JSON.
    """

    status: int
    body: Any
    seconds: float


class Backend:
    """One deployment. `send` sends it a request: method, path, body.

    `most_bytes`: of a request, with its quotes escaped once more.
    """

    def __init__(
        self, address: Address, send: Send | None = None, most_bytes: int = MOST_ESCAPED_BYTES
    ) -> None:
        self.address, self.most_bytes = address, most_bytes
        self._send = send or _over_http(address)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the answer to a GET."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Return the answer to a POST. It may be sent twice, which harms none of the routes."""
        return self._ask("POST", path, body)

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        """Return the answer to a PUT."""
        return self._ask("PUT", path, body)

    def try_once(self, method: str, path: str, body: Any = None) -> Answer:
        """Return the answer to a single try, as Label Studio would see it, errors included."""
        # Without \u escapes: Lambda escapes the body once more, which counts for its limit.
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        started = time.perf_counter()
        try:
            status, content = self._send(method, path, payload)
        except urllib3.exceptions.HTTPError as exc:
            raise _unanswered(exc, self.address.url) from exc
        seconds = time.perf_counter() - started
        try:
            return Answer(status, json.loads(content), seconds)
        except (ValueError, RecursionError):
            return Answer(status, None, seconds)

    def _ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        for tried in range(1, _TRIES + 1):
            answer = self.try_once(method, path, body)
            if answer.status not in (429, 502, 503, 504) or tried == _TRIES:
                break
            time.sleep(tried)
        return _judged(f"{method} {path.partition('?')[0]}", answer, self.address.url)


def fix_of_401(url: str) -> str:
    """Return what to do about a wrong user or password."""
    return PRINTED if is_here(url) else _CREDENTIALS


def fix_of_403(error: str, url: str) -> str:
    """Return what to do: no credentials are configured, or these are for something else."""
    if is_here(url):
        return PRINTED
    return _NO_CREDENTIALS if error == Role.UNCONFIGURED.value else _OTHER_CREDENTIALS


def _unanswered(error: urllib3.exceptions.HTTPError, url: str) -> LabelloopError:
    reason, fix = why(error, url)
    kind = Untrusted if fix == TRUST else Unavailable
    return kind(f"Labelloop does not answer at {url}: {reason}", fix)


def _judged(what: str, answer: Answer, url: str) -> dict[str, Any]:
    if answer.status < 300 and isinstance(answer.body, dict):
        return answer.body
    body = answer.body if isinstance(answer.body, dict) else {}
    error, fix = body.get("error"), str(body.get("fix") or "")
    if answer.status == 401:
        raise Denied(f"Labelloop refuses the credentials in the URL of {url}", fix_of_401(url))
    if answer.status == 403 and error:
        raise Denied(f"Labelloop: {error}", fix_of_403(str(error), url))
    if error is None:
        raise Rejected(
            f"{url} is no Labelloop of this release: {what} answered {answer.status}", API_URL
        )
    if answer.status == 404:
        raise NotFound(str(error), fix)
    if answer.status >= 500:
        raise Unavailable(
            f"Labelloop answered {answer.status} to {what}: {error}",
            fix or "try again; the function's log group in CloudWatch says more",
        )
    raise Rejected(str(error), fix)


def _over_http(address: Address) -> Send:
    headers = {"Authorization": address.basic, "Content-Type": "application/json"}

    def send(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        with pool_for(address.url, retries=False, timeout=_TIMEOUT) as pool:
            response = pool.request(
                method, address.url + path, body=body, headers=headers, redirect=False
            )
            return response.status, response.data

    return send
