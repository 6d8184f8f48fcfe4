"""What AWS may do to a request: refuse it, lose the answer, or find its sender dead."""

import os
import random
import re
import signal
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

REFUSALS = {
    "500": (500, "InternalError"),
    "503": (503, "SlowDown"),
    "409": (409, "ConditionalRequestConflict"),
    "412": (412, "PreconditionFailed"),
}
ANYTIME = ("500", "503", "unreachable", "lost")
CONDITIONAL = ("409", "412", "412 of our own")  # the last: the write went well the first time
NONE_DELETED = "200"  # S3's answer to a deletion of many objects tells of each


@dataclass(frozen=True)
class AwsFaults:
    """What happens to the requests of a process. Requests are counted from 1."""

    kill_before: int = 0
    kill_after: int = 0
    rate: float = 0.0
    seed: int = 0
    conditional: str = ""  # what happens to the n-th conditional write
    nth: int = 0


class Line:
    """The line between a process and AWS."""

    def __init__(self) -> None:
        """Be in the way of every client that this process makes from now on."""
        self.reset(AwsFaults())
        boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION.events.register("before-send", self._on_request)

    def reset(self, faults: AwsFaults) -> None:
        """Let other things happen from now on, and count anew."""
        self._faults = faults
        self._random = random.Random(faults.seed)
        self.requests = self.writes = 0

    def _on_request(self, request: Any, **_: Any) -> Any:
        self.requests += 1
        if self.requests == self._faults.kill_before:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.requests == self._faults.kill_after:
            URLLib3Session().send(request)
            os.kill(os.getpid(), signal.SIGKILL)
        is_conditional = "If-Match" in request.headers or "If-None-Match" in request.headers
        if request.method == "PUT" and is_conditional:
            self.writes += 1
            if self.writes == self._faults.nth:
                return self._do(self._faults.conditional, request)
        if self._random.random() < self._faults.rate:
            return self._do(self._pick(request, is_conditional), request)
        return None

    def _pick(self, request: Any, is_conditional: bool) -> str:
        may_be: tuple[str, ...] = ANYTIME
        if request.method == "PUT" and is_conditional:
            may_be += CONDITIONAL
        if request.method == "POST" and request.url.endswith("?delete"):
            may_be += (NONE_DELETED,)
        return self._random.choice(may_be)

    def _do(self, fault: str, request: Any) -> Any:
        if fault == "unreachable":
            raise ConnectTimeoutError(endpoint_url=request.url)
        if fault in ("lost", "412 of our own"):
            URLLib3Session().send(request)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault == NONE_DELETED:
            return self._left(request)
        status, code = REFUSALS[fault.partition(" ")[0]]
        body = f"<Error><Code>{code}</Code><Message>simulated</Message></Error>".encode()
        headers: Any = {"content-type": "application/xml"}
        return AWSResponse(request.url, status, headers, _Raw(body))

    def _left(self, request: Any) -> Any:
        """Answer that all is well, but for each of the objects."""
        keys = re.findall(rb"<Key>.*?</Key>", request.body)
        left = b"".join(b"<Error>" + key + b"<Code>InternalError</Code></Error>" for key in keys)
        headers: Any = {"content-type": "application/xml"}
        body: Any = _Raw(b"<DeleteResult>" + left + b"</DeleteResult>")
        return AWSResponse(request.url, 200, headers, body)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body
