"""Requests to Label Studio: tokens, limits, retries."""

import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from labelloop.adapters.connection_errors import TRUST, why
from labelloop.adapters.label_studio_answer import Passing, as_object, field, judge
from labelloop.adapters.label_studio_token import Authorization
from labelloop.errors import BadSettings, Denied, TooLarge, Unavailable, Untrusted

TRIES: Final = 4
CONNECT_S: Final = 3.0
READ_S: Final = 30.0
LONG_READ_S: Final = 120.0  # for what Label Studio does row by row
MAX_ANSWER: Final = 64 * 1024 * 1024
_LONGEST_PAUSE_S: Final = 10.0
_PATIENCE_S: Final = 45.0  # of one request; after this, no further try
_REST_S: Final = 30.0  # after a failed request, the next ones fail at once
_UNDELIVERED: Final = (ConnectTimeoutError, NewConnectionError)


class LabelStudioHttp:
    """One Label Studio. Follows no redirects, so that a token is never sent to another server."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        connect_s: float = CONNECT_S,
        max_answer: int = MAX_ANSWER,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self.url = base_url(url)
        self._pool = pool or urllib3.PoolManager(maxsize=1)
        self._authorization = Authorization(token, self._refresh, clock)
        self._clock = clock
        self._sleep = sleep
        self._connect_s = connect_s
        self._max_answer = max_answer
        self._rests_until = float("-inf")
        self.answered_at: datetime | None = None  # by Label Studio's clock

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        read_s: float = READ_S,
    ) -> Any:
        """Return the JSON of an answer, None for an empty one.

        A POST is sent again only if it was not delivered: otherwise it might take effect twice.
        """
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        repeatable = method != "POST"
        header = self._authorization.header()
        try:
            return self._patiently(method, target, body, header, read_s, repeatable)
        except Denied:
            if not self._authorization.forget():
                raise
        header = self._authorization.header()
        return self._patiently(method, target, body, header, read_s, repeatable)

    def header(self) -> str:
        """Return the Authorization header that it takes; Denied without a usable token."""
        return self._authorization.header()

    def forget_token(self) -> bool:
        """Forget the access token, which was refused; say whether there was one."""
        return self._authorization.forget()

    def _refresh(self, token: str) -> str:
        path, body = "/api/token/refresh/", {"refresh": token}
        answer = self._patiently("POST", path, body, None, READ_S, repeatable=True)
        return field(as_object(answer), "access", str)

    def _patiently(
        self, method: str, path: str, body: Any, header: str | None, read_s: float, repeatable: bool
    ) -> Any:
        if not repeatable:
            self._pool.clear()  # an open connection may be closed just while the request is sent
        what = f"{method} {path.partition('?')[0]}"
        started = self._clock()
        if started < self._rests_until:
            raise Unavailable(
                f"{what}: Label Studio did not answer a moment ago",
                "start it if it is down, and try again in half a minute",
            )
        for tried in range(1, TRIES + 1):
            try:
                return self._once(what, path, body, header, read_s)
            except Passing as passing:
                if tried == TRIES or self._clock() - started > _PATIENCE_S:
                    # So that the next project, or check, does not wait as long for the same error.
                    self._rests_until = self._clock() + _REST_S
                    raise Unavailable(f"{what}: {passing}", passing.fix) from passing.__cause__
                if passing.delivered and not repeatable:
                    raise Unavailable(f"{what}: {passing}", passing.fix) from passing.__cause__
                pause_s = 0.25 * 2**tried if passing.pause_s is None else passing.pause_s
                jitter = random.uniform(1.0, 1.3)  # noqa: S311 - spreads retries, guards nothing
                self._sleep(min(pause_s * jitter, _LONGEST_PAUSE_S))
        raise AssertionError("the last try returns or raises")

    def _once(self, what: str, path: str, body: Any, header: str | None, read_s: float) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "labelloop"}
        if header:
            headers["Authorization"] = header
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._pool.request(
                what.partition(" ")[0],
                self.url + path,
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(connect=self._connect_s, read=read_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            self.answered_at = _date(answer.headers) or self.answered_at
            content = self._read(answer, self._clock() + read_s)
        except HTTPError as exc:
            reason, fix = why(exc, self.url)
            message = f"Label Studio can't be reached at {self.url}: {reason}"
            if fix == TRUST:
                raise Untrusted(message, fix) from exc
            raise Passing(message, delivered=not isinstance(exc, _UNDELIVERED), fix=fix) from exc
        return judge(what, answer.status, answer.headers, content)

    def _read(self, answer: urllib3.BaseHTTPResponse, end: float) -> bytes:
        """Return the body; TooLarge for too many bytes, Passing if it comes too slowly."""
        content = bytearray()
        try:
            while chunk := answer.read1(65536):
                content += chunk
                if len(content) > self._max_answer:
                    raise TooLarge(f"Label Studio answered more than {self._max_answer} bytes")
                if self._clock() > end:
                    raise Passing("the answer took too long", delivered=True)
        finally:
            answer.close()  # the connection stays in the pool if the answer was read to its end
        return bytes(content)


def _date(headers: Mapping[str, str]) -> datetime | None:
    with suppress(TypeError, ValueError):
        if (date := parsedate_to_datetime(headers.get("Date", ""))).tzinfo:
            return date
    return None


def base_url(url: str) -> str:
    """Return Label Studio's address without a slash at its end; BadSettings if it is invalid."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise BadSettings("Label Studio's address must start with http:// or https:// and a host")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise BadSettings("Label Studio's address must be bare: no user, no query, no fragment")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
