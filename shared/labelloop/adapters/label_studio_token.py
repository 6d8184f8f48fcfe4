"""Label Studio's two kinds of tokens, and the Authorization header for each."""

import re
from collections.abc import Callable
from threading import Lock
from typing import Final

from labelloop.errors import Denied

_ACCESS_LIVES_S: Final = 240  # 300 s in Label Studio; a margin for slow requests and clocks
_PERSONAL: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")  # a JWT
_LEGACY: Final = re.compile(r"[!-~]{1,40}")  # 40 hex digits, unless an administrator chose it


class Authorization:
    """The value of the Authorization header. Threads may share it.

    A personal access token is exchanged for an access token, which lives a few minutes.
    """

    def __init__(
        self,
        token: Callable[[], str],
        refresh: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._token = token
        self._refresh = refresh
        self._clock = clock
        self._lock = Lock()  # one exchange at a time: others find its token
        self._access: str | None = None
        self._exchanged: tuple[str, float] = "", 0.0  # the personal token, and when

    def header(self) -> str:
        """Return the header's value; Denied if the token is missing or of neither kind."""
        token = self._token().strip()
        if _PERSONAL.fullmatch(token):
            return f"Bearer {self._access_token(token)}"
        if _LEGACY.fullmatch(token):
            return f"Token {token}"
        raise Denied("the token for Label Studio is " + ("malformed" if token else "missing"))

    def forget(self) -> bool:
        """Forget the access token, which was refused; say whether there was one."""
        had, self._access = self._access is not None, None
        return had

    def _access_token(self, token: str) -> str:
        with self._lock:
            now, (exchanged, time) = self._clock(), self._exchanged
            access = self._access
            if access is None or exchanged != token or not 0 <= now - time < _ACCESS_LIVES_S:
                self._access = None
                self._access = access = self._refresh(token)
                self._exchanged = token, now
            return access
