"""Images and texts by the addresses that tasks have, from sources that a deployment trusts.

Those are: the data itself (`data:` URIs), the connected Label Studio's uploads, `s3://` of buckets
that are named, and https:// on hosts that are named (`guarded_https`).
"""

import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin, urlsplit

import urllib3
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from labelloop.adapters.aws_errors import PASSING, code_of
from labelloop.adapters.guarded_https import (
    MOST_BYTES,
    MOST_REDIRECTS,
    MOST_SECONDS,
    GuardedHttps,
    Hosts,
    NoAnswer,
    body_of,
    requested,
)
from labelloop.adapters.shared_call import SharedCall
from labelloop.errors import LabelloopError, Unreached, Unreadable

_AT_ONCE: Final = 8
_MOST_FAILED: Final = 3  # in a row: one slow file among others says nothing of its server
_REST_S: Final = 30.0  # after a server did not answer, requests to it fail at once
_MISSING: Final = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "InvalidBucketName", "404"}
_BUSY: Final = {408, 429, 500, 502, 503, 504}
_CONNECT: Final = (
    "run `labelloop connect` with a valid token of a person who may see the project's files"
)
_NAME_IT: Final = "add it to the parameter FetchBuckets, if the deployment may read it"
_READ_IT: Final = (
    "see that the objects are there and that the bucket's policy lets the deployment read them; if "
    "they are encrypted with a key of your own, name it in FetchKmsKeyArns"
)
_UPLOADS: Final = "/data/upload/"
_OUTSIDE: Final = "its address is none that may be fetched"


class Uploads:
    """Files that people uploaded to one Label Studio.

    `header`: returns an Authorization header, for which it may ask Label Studio and take its time;
    `forget`: called when Label Studio refuses that.
    """

    def __init__(
        self,
        url: str,
        header: Callable[[], str],
        https: GuardedHttps,
        *,
        forget: Callable[[], object] = lambda: None,
        pool: urllib3.PoolManager | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url, self._https, self._clock = url, https, clock
        self._header, self._forget = SharedCall(header), forget
        self._pool = pool or urllib3.PoolManager(maxsize=_AT_ONCE)

    def path_of(self, address: str) -> str:
        """Return the path of an upload, empty if an address is none."""
        path = address.removeprefix(self.url)
        steps = unquote(path).split("/")
        return path if path.startswith(_UPLOADS) and ".." not in steps else ""

    def read(self, path: str) -> bytes:
        """Return an upload. It may be redirected to a listed host, which gets no token."""
        end = self._clock() + MOST_SECONDS
        target = self.url + quote(path, safe="/%?=&~")
        headers = {"Authorization": self._token(end)}
        answer = requested(self._pool, target, headers, end - self._clock(), self.url)
        location = answer.headers.get("Location", "")
        if 300 <= answer.status < 400 and location:
            answer.close()
            moved, seconds = urljoin(target, location), end - self._clock()
            return self._https.read(moved, MOST_REDIRECTS - 1, seconds)
        if answer.status in (401, 403):
            answer.close()
            self._forget()
            raise Unreached(
                f"Label Studio answered {answer.status}: the token is refused", _CONNECT
            )
        return body_of(answer, end, self._clock)

    def _token(self, end: float) -> str:
        try:
            return self._header.result(end - self._clock())
        except TimeoutError:
            raise NoAnswer("Label Studio did not renew its token in time") from None
        except LabelloopError as exc:
            raise NoAnswer(f"Label Studio: {exc}", exc.fix or _CONNECT) from exc


@dataclass(frozen=True)
class Buckets:
    """S3 buckets that may be read. `client`: returns boto3's client."""

    names: Hosts
    client: Callable[[], Any]

    def read(self, address: str) -> bytes:
        """Return the object at an s3:// address."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if bucket not in self.names:
            raise Unreached(f"the bucket {bucket[:80]} is not among FetchBuckets", _NAME_IT)
        if not key:
            raise Unreadable("its address names no object")
        try:
            body = self.client().get_object(Bucket=bucket, Key=key)["Body"]
            content: bytes = body.read(MOST_BYTES + 1)
            body.close()
        except ClientError as exc:
            raise _unread(exc) from exc
        except ParamValidationError as exc:
            raise Unreadable("its address is malformed") from exc
        except BotoCoreError as exc:
            raise NoAnswer(f"S3 did not answer ({type(exc).__name__})") from exc
        return content


class Fetcher:
    """Fetches files, several at once.

    A source that does not answer several times in a row is left alone for 30 s.
    """

    def __init__(
        self,
        https: GuardedHttps,
        uploads: Uploads | None = None,
        buckets: Buckets | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._https, self._uploads, self._buckets, self._clock = https, uploads, buckets, clock
        self._failed: dict[str, int] = {}  # in a row, by source
        self._rests: dict[str, tuple[float, NoAnswer]] = {}

    def __call__(self, addresses: Sequence[str]) -> list[bytes | Unreadable]:
        """Return what is at each address, or why it can't be had."""
        if len(addresses) < 2:
            return [self._fetched(address) for address in addresses]
        with ThreadPoolExecutor(min(_AT_ONCE, len(addresses))) as threads:
            return list(threads.map(self._fetched, addresses))

    def _fetched(self, address: str) -> bytes | Unreadable:
        try:
            body = self._read(address.strip())
        except Unreadable as exc:
            return exc
        except ValueError:  # a UnicodeError too: of what no URL can be made
            return Unreadable("its address is malformed")
        return body if len(body) <= MOST_BYTES else Unreadable(f"more than {MOST_BYTES:,} bytes")

    def _read(self, address: str) -> bytes:
        if address[:5].lower() == "data:":
            return _decoded(address)
        path = self._uploads.path_of(address) if self._uploads else ""
        if self._uploads and path:
            uploads = self._uploads
            return self._resting(uploads.url, lambda: uploads.read(path))
        if address.startswith("s3://"):
            return self._from_bucket(address)
        if not address.startswith("https://"):
            raise Unreadable(_OUTSIDE)
        return self._resting(_host_of(address), lambda: self._https.read(address))

    def _from_bucket(self, address: str) -> bytes:
        if self._buckets is None:
            raise Unreached("no bucket is among FetchBuckets", _NAME_IT)
        buckets = self._buckets
        return self._resting(_host_of(address), lambda: buckets.read(address))

    def _resting(self, source: str, read: Callable[[], bytes]) -> bytes:
        until, why = self._rests.get(source, (0.0, NoAnswer()))
        if self._clock() < until:
            raise NoAnswer(str(why), why.fix)
        try:
            body = read()
        except NoAnswer as exc:
            self._failed[source] = self._failed.get(source, 0) + 1
            if self._failed[source] >= _MOST_FAILED:
                self._rests[source] = self._clock() + _REST_S, exc
            raise
        except Unreadable:
            self._failed[source] = 0  # it answered
            raise
        self._failed[source] = 0
        return body


def _unread(error: ClientError) -> Unreadable:
    """Return what an answer of S3 means: without a right it may hide that there is no object."""
    code, reason = code_of(error), f"S3 answered {code_of(error)}"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in PASSING or status in _BUSY:
        return NoAnswer(reason)
    return Unreadable(reason) if code in _MISSING else Unreached(reason, _READ_IT)


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        raise Unreadable("its address is malformed") from None


def _decoded(uri: str) -> bytes:
    """Return the bytes of a data: URI (RFC 2397)."""
    head, comma, body = uri[5:].partition(",")
    if not comma or len(body) > 2 * MOST_BYTES:
        raise Unreadable("its data: URI is malformed or too long")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return b64decode(unquote(body).encode("ascii", "strict"))
    except ValueError:
        raise Unreadable("its data: URI is malformed") from None
