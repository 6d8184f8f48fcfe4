"""Who may call, and what: three kinds of credentials, all from one secret.

management   a line of the secret, `user:password`: opens everything
ML calls     what Label Studio calls of an ML backend, for all projects
events       of one project at /webhook, where whoever labels can read them: worth nothing else

The last two are derived from a line's password and stored nowhere. They come as Basic auth; a
webhook may carry a password of the first kind, or a pair of the last, in a header of its own.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from labelloop.domain.project_key import PROJECT_PATTERN

API_KEY_HEADER: Final = "x-api-key"

_ML_CALLS: Final = frozenset({"/setup", "/predict", "/versions", "/webhook"})
_START: Final = "START_TRAINING"  # comes to /webhook, yet as an ML call
_EVENTS_OF = re.compile(rf"events-({PROJECT_PATTERN}):".encode())


class Role(Enum):
    """What credentials are for; the text tells it to whoever calls something else with them."""

    MANAGEMENT = "everything"
    ML_CALLS = "Label Studio's ML calls"
    EVENTS = "the events of one project"
    NOBODY = "wrong or missing credentials"
    UNCONFIGURED = "no credentials are configured, so nobody is let in: see README, 'Deploy'"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with credentials, or without. `project` is the only one that EVENTS are for."""

    role: Role
    project: str = ""

    def may_call(self, path: str) -> bool:
        """Say whether the credentials open a route."""
        match self.role:
            case Role.MANAGEMENT:
                return True
            case Role.ML_CALLS:
                return path.rstrip("/") in _ML_CALLS
            case Role.EVENTS:
                return path.rstrip("/") == "/webhook"
        return False

    def may_send(self, action: str, project: str) -> bool:
        """Say whether an event at /webhook is one that the credentials are for."""
        match self.role:
            case Role.MANAGEMENT:
                return True
            case Role.ML_CALLS:
                return action == _START
            case Role.EVENTS:
                return action != _START and project == self.project
        return False


def check(headers: Mapping[str, str], secret: str) -> Caller:
    """Return who calls, by the headers (lower-case names).

    The secret holds one `user:password` a line; two lines let the old and the new one in while a
    team changes over. Digests are compared, all of them, in constant time: neither the length nor
    the place of a difference shows in how long the answer takes.
    """
    accepted = _accepted(secret)
    if not accepted:
        return Caller(Role.UNCONFIGURED)
    pair = _basic(headers.get("authorization", ""))
    key = headers.get(API_KEY_HEADER, "").encode("utf-8", "surrogatepass")
    project = _named(pair) or _named(key)
    basic, header = _digest(pair), _digest(key)
    is_manager = is_studio = is_project = False
    for line in accepted:
        for form in line.pairs:
            is_manager |= hmac.compare_digest(basic, form)
        is_manager |= hmac.compare_digest(header, line.key)
        is_studio |= hmac.compare_digest(basic, line.ml_calls)
        if project:  # named by whoever calls, so that nothing is given away by the time it takes
            events = _digest(":".join(events_pair(line.password, project)).encode())
            is_project |= hmac.compare_digest(basic, events) | hmac.compare_digest(header, events)
    if is_manager:
        return Caller(Role.MANAGEMENT)
    if is_studio:
        return Caller(Role.ML_CALLS)
    return Caller(Role.EVENTS, project) if project and is_project else Caller(Role.NOBODY)


def ml_pair(password: str) -> tuple[str, str]:
    """Return user and password of Label Studio's ML calls.

    The user tells the passwords of two lines apart, where Label Studio shows no more than a user.
    """
    return f"ml-{_derived(password, 'ml user')[:8]}", _derived(password, "ml calls")


def events_pair(password: str, project: str) -> tuple[str, str]:
    """Return user and password of one project's events. The user names the project."""
    return f"events-{project}", _derived(password, f"events of {project}")


def _derived(password: str, use: str) -> str:
    return hmac.new(password.encode(), f"labelloop: {use}".encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the secret: its password, and the digests of what is sent instead of it."""

    password: str
    pairs: list[bytes]
    key: bytes
    ml_calls: bytes


@lru_cache(maxsize=2)
def _accepted(secret: str) -> list[_Line]:
    return [_read(line.strip()) for line in secret.splitlines() if _is_usable(line)]


def _read(line: str) -> _Line:
    password = line.partition(":")[2]
    pairs = [_digest(pair) for pair in _encoded(line)]
    ml_calls = _digest(":".join(ml_pair(password)).encode())
    return _Line(password, pairs, _digest(password.encode()), ml_calls)


def _is_usable(line: str) -> bool:
    user, _, password = line.strip().partition(":")
    return bool(user and password)


def _encoded(line: str) -> list[bytes]:
    """Return what clients make of a credential: browsers UTF-8, Label Studio Latin-1."""
    latin = [line.encode("latin-1")] if max(line) <= "\xff" else []
    return [line.encode(), *latin]


def _basic(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _named(pair: bytes) -> str:
    """Return the project that credentials for events name, empty where they are others."""
    named = _EVENTS_OF.match(pair)
    return named[1].decode() if named else ""


def _digest(value: bytes) -> bytes:
    return sha256(value).digest()
