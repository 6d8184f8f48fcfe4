"""The calls of AWS between a cold start and an answer to Label Studio, without boto3.

boto3 reads whole services' models before its first call, which takes longer than Label Studio waits
for a webhook. Each class here replaces boto3's client of a service: it has the calls that those
answers need, under the same names, and raises the same errors. Tests compare the signatures with
boto3's.
"""

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BytesIO
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError, HTTPClientError

from labelloop.adapters.aws_errors import PASSING
from labelloop.adapters.aws_limits import ATTEMPTS, CONNECT_S, READ_S
from labelloop.adapters.aws_signature import Signature

_PAUSE_S: Final = 0.1  # before the second attempt, doubled before each further one

type Sleep = Callable[[float], None]


def can_sign() -> bool:
    """Say whether the environment has credentials. Under SnapStart only boto3 can find them."""
    return bool(os.environ.get("AWS_ACCESS_KEY_ID"))


class SignedS3:
    """Objects, read and written whole."""

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        self._service = _Service("s3", sleep)

    def get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:
        """Return an object's body and tag."""
        headers = {"if-none-match": IfNoneMatch} if IfNoneMatch else {}
        answer = self._service.send("GetObject", "GET", _path(Key), headers, b"", Bucket)
        return {"Body": BytesIO(answer.body), "ETag": answer.headers["etag"]}

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "", IfMatch: str = ""
    ) -> dict[str, Any]:
        """Store an object, return its tag."""
        conditions = {"if-none-match": IfNoneMatch, "if-match": IfMatch}
        headers = {name: value for name, value in conditions.items() if value}
        answer = self._service.send("PutObject", "PUT", _path(Key), headers, Body, Bucket)
        return {"ETag": answer.headers["etag"]}


class SignedSqs:
    """Messages, sent one by one."""

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        self._service = _Service("sqs", sleep)

    def send_message(self, **request: Any) -> dict[str, Any]:
        """Send a message."""
        return self._service.call("AmazonSQS.SendMessage", "application/x-amz-json-1.0", request)


class SignedSsm:
    """Parameters, read one by one."""

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        self._service = _Service("ssm", sleep)

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        """Return a parameter."""
        return self._service.call("AmazonSSM.GetParameter", "application/x-amz-json-1.1", request)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class _Service:
    """A service's endpoint; connections stay open between calls."""

    def __init__(self, name: str, sleep: Sleep) -> None:
        self._name, self._sleep = name, sleep
        region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        own = os.environ.get(f"AWS_ENDPOINT_URL_{name.upper()}")
        self._override = own or os.environ.get("AWS_ENDPOINT_URL")
        self._endpoint = urlsplit(self._override or f"https://{name}.{region}.{suffix}")
        self._signature = Signature(name, region)
        self._connections: dict[str, HTTPConnection] = {}
        self._lock = Lock()

    def __del__(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()

    def call(self, target: str, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation of a service with a JSON protocol; return its answer."""
        headers = {"content-type": kind, "x-amz-target": target}
        operation = target.partition(".")[2]
        answer = self.send(operation, "POST", "/", headers, json.dumps(request).encode())
        content: dict[str, Any] = json.loads(answer.body)
        return content

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        bucket: str = "",
    ) -> _Answer:
        """Send a request, with retries, until AWS accepts or refuses it.

        Raises ClientError if AWS refuses it, HTTPClientError if AWS does not answer.
        """
        host = self._endpoint.netloc
        if bucket and (self._override or "." in bucket):  # S3's certificate covers no dots in names
            path = f"/{bucket}{path}"
        elif bucket:
            host = f"{bucket}.{host}"
        attempts = ATTEMPTS[self._name]
        for attempt in range(1, attempts + 1):
            is_last = attempt == attempts
            try:
                answer = self._once(host, method, path, headers, body)
            except (OSError, HTTPException) as exc:
                if is_last:
                    raise HTTPClientError(error=exc) from exc
            else:
                if answer.status < 300:
                    return answer
                error = _error(answer, operation)
                code = error.response["Error"]["Code"]
                if is_last or not (answer.status in (429, *range(500, 600)) or code in PASSING):
                    raise error
            self._sleep(_pause_s(attempt))
        raise AssertionError("unreachable")

    def _once(
        self, host: str, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> _Answer:
        url = (self._endpoint.scheme, host, path)
        signed = self._signature.headers(url, method, headers, body)
        with self._lock:
            connection = self._connections.get(host) or self._connect(host)
            try:
                connection.request(method, path, body, signed)
                response: HTTPResponse = connection.getresponse()
                content = response.read()
            except BaseException:
                connection.close()
                self._connections.pop(host, None)
                raise
        answered = {name.lower(): value for name, value in response.getheaders()}
        return _Answer(response.status, answered, content)

    def _connect(self, host: str) -> HTTPConnection:
        kind = HTTPSConnection if self._endpoint.scheme == "https" else HTTPConnection
        connection = kind(host, timeout=CONNECT_S)
        connection.connect()
        connection.sock.settimeout(READ_S[self._name])
        self._connections[host] = connection
        return connection


CLIENTS: Final = {"s3": SignedS3, "sqs": SignedSqs, "ssm": SignedSsm}


def _pause_s(attempt: int) -> float:
    """Return the wait before the next attempt: random, so that instances don't retry together."""
    import random  # late: most requests are answered at once

    return _PAUSE_S * (1 << attempt - 1) * random.uniform(0.5, 1)  # noqa: S311


def _path(key: str) -> str:
    return "/" + quote(key, safe="/~")


def _error(answer: _Answer, operation: str) -> ClientError:
    """Return the error that boto3 would raise."""
    code = message = ""
    if (content := _json(answer.body)) is not None:
        code = str(content.get("__type", "")).rpartition("#")[2]
        message = str(content.get("message") or content.get("Message") or "")
    else:
        text = answer.body.decode(errors="replace")
        code, message = (_element(name, text) for name in ("Code", "Message"))
    response: Any = {
        "Error": {"Code": code or str(answer.status), "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": answer.status},
    }
    return ClientError(response, operation)


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _element(name: str, xml: str) -> str:
    match = re.search(f"<{name}>([^<]*)</{name}>", xml)
    return match[1] if match else ""
