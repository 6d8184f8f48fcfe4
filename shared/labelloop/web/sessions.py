"""Sessions of people in a browser: a signed cookie, for management or viewing credentials.

The cookie says who logged in, whether they may change anything, and until when. It is signed by the
line of the secret that let them in and stored nowhere: it ends with its time, or with that line.
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.web.credentials import lines_of, signature, viewing_pair

HOURS: Final = 8
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in. `token`: what the forms of this session send along with a change."""

    user: str
    may_change: bool
    until: int
    token: str

    def owns(self, token: str) -> bool:
        """Say whether a form is of this session."""
        return hmac.compare_digest(_bytes(token), self.token.encode())


def log_in(user: str, password: str, secret: str, now: float) -> str:
    """Return the value of the cookie for these credentials, empty if they open no page."""
    given, value = _bytes(f"{user}:{password}"), ""
    for line in lines_of(secret):
        viewing = ":".join(viewing_pair(line.partition(":")[2]))
        for own, may_change in ((line, True), (viewing, False)):
            if hmac.compare_digest(given, own.encode()):
                claims = [user, may_change, int(now) + HOURS * 3600, secrets.token_hex(8)]
                text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
                value = f"{text}.{signature(f'cookie {text}', line)}"
    return value


def session_of(headers: Mapping[str, str], secret: str, now: float) -> Session | None:
    """Return the session of a request (lower-case header names), None if it has no valid one."""
    name = cookie_name(headers)
    for one in headers.get("cookie", "").split(";"):
        key, _, value = one.strip().partition("=")
        if key == name and (session := _session(value, secret, now)):
            return session
    return None


def cookie_name(headers: Mapping[str, str]) -> str:
    """Return the cookie's name. `__Host-`: browsers take it over TLS and from this host alone."""
    return "labelloop" if _is_loopback(headers) else "__Host-labelloop"


def cookie(value: str, headers: Mapping[str, str]) -> str:
    """Return the Set-Cookie header for a session; an empty value ends it."""
    name, age = cookie_name(headers), HOURS * 3600 if value else 0
    secure = "" if _is_loopback(headers) else "; Secure"
    return f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"


def _session(value: str, secret: str, now: float) -> Session | None:
    text, _, given = value.partition(".")
    signer = ""
    for line in lines_of(secret):
        if hmac.compare_digest(_bytes(given), signature(f"cookie {text}", line).encode()):
            signer = line
    if not signer:
        return None
    user, may_change, until = _claims(text)
    return (
        Session(user, may_change, until, signature(f"form {text}", signer)) if now < until else None
    )


def _claims(text: str) -> tuple[str, bool, int]:
    """Return what a signed cookie says; nothing that is valid if another release wrote it."""
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(text))
        user, may_change, until, _ = claims
        return str(user), may_change is True, int(until)
    except (binascii.Error, ValueError, TypeError):
        return "", False, 0


def _is_loopback(headers: Mapping[str, str]) -> bool:
    host = headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOOPBACK


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
