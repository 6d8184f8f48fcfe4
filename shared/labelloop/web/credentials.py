"""Three kinds of credentials, all from one secret, and the routes that each may call.

management   a line of the secret, `user:password`: all routes
ML calls     the routes of an ML backend that Label Studio calls, for all projects
events       /webhook, for one project; annotators can read them in Label Studio

The last two are derived from a line's password and stored nowhere. All are sent as Basic auth; a
webhook may send a management password, or a pair for events, in the header X-Api-Key instead.

A fourth kind, for viewing, is for no route: people log in to the pages with it (see `sessions`).
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
    """What credentials are for; the text is in the answer to a caller that they are not for."""

    MANAGEMENT = "everything"
    ML_CALLS = "Label Studio's ML calls"
    EVENTS = "the events of one project"
    NOBODY = "wrong or missing credentials"
    UNCONFIGURED = "no credentials are configured, so nobody is let in: see RUNBOOK's 'Passwords'"


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request, by its credentials. With the role EVENTS, `project` is the key."""

    role: Role
    project: str = ""

    def may_call(self, path: str) -> bool:
        """Say whether the credentials are for a route."""
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
    """Return the caller, by the request's headers (lower-case names).

    The secret holds one `user:password` a line; with two lines, the old and the new password are
    both valid while a team changes over. All digests are compared, in constant time: the time of an
    answer shows neither the length nor the place of a difference.
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


def user_of(headers: Mapping[str, str]) -> str:
    """Return the user that a request names, empty if none: for the record, whoever it is."""
    return _basic(headers.get("authorization", "")).decode("utf-8", "replace").partition(":")[0]


def ml_pair(password: str) -> tuple[str, str]:
    """Return user and password of Label Studio's ML calls.

    The user depends on the password, because Label Studio shows the user only.
    """
    return f"ml-{_derived(password, 'ml user')[:8]}", _derived(password, "ml calls")


def events_pair(password: str, project: str) -> tuple[str, str]:
    """Return user and password of one project's events. The user names the project."""
    return f"events-{project}", _derived(password, f"events of {project}")


def viewing_pair(password: str) -> tuple[str, str]:
    """Return user and password that open the pages for reading, to share within a team."""
    return "viewer", _derived(password, "viewing")


def signature(text: str, line: str) -> str:
    """Return the signature of a text by a line of the secret; texts begin with their use."""
    user, _, password = line.partition(":")
    return _derived(password, f"signature of {user}: {text}")


def lines_of(secret: str) -> list[str]:
    """Return the usable lines of the secret, each `user:password`."""
    return [line.strip() for line in secret.splitlines() if _is_usable(line)]


def _derived(password: str, use: str) -> str:
    said = f"labelloop: {use}".encode("utf-8", "backslashreplace")  # a cookie may hold anything
    return hmac.new(password.encode(), said, sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the secret: its password, and digests of what a request may send for it."""

    password: str
    pairs: list[bytes]
    key: bytes
    ml_calls: bytes


@lru_cache(maxsize=2)
def _accepted(secret: str) -> list[_Line]:
    return [_read(line) for line in lines_of(secret)]


def _read(line: str) -> _Line:
    password = line.partition(":")[2]
    pairs = [_digest(pair) for pair in _encoded(line)]
    ml_calls = _digest(":".join(ml_pair(password)).encode())
    return _Line(password, pairs, _digest(password.encode()), ml_calls)


def _is_usable(line: str) -> bool:
    user, _, password = line.strip().partition(":")
    return bool(user and password)


def _encoded(line: str) -> list[bytes]:
    """Return a credential in the encodings of clients: UTF-8 in browsers, Latin-1 in others."""
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
    """Return the project key in credentials for events, empty for other credentials."""
    match = _EVENTS_OF.match(pair)
    return match[1].decode() if match else ""


def _digest(value: bytes) -> bytes:
    return sha256(value).digest()
