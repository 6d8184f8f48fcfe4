"""Who may call: Basic auth as Label Studio sends it, or the password alone in a webhook header."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from hashlib import sha256

API_KEY_HEADER = "x-api-key"


class Access(Enum):
    """The outcome of a check."""

    GRANTED = "granted"
    DENIED = "wrong or missing credentials"
    UNCONFIGURED = "no credentials are configured, so nobody is let in: see README, 'Deploy'"


def check(headers: Mapping[str, str], secret: str) -> Access:
    """Say whether the headers (lower-case names) carry one of the credentials of the secret.

    The secret holds one `user:password` a line; two lines let the old and the new one in while a
    team changes over. Digests are compared, all of them, in constant time: neither the length nor
    the place of a difference shows in how long the answer takes.
    """
    accepted = _accepted(secret)
    if not accepted:
        return Access.UNCONFIGURED
    basic = _digest(_basic(headers.get("authorization", "")))
    key = _digest(headers.get(API_KEY_HEADER, "").encode("utf-8", "surrogatepass"))
    granted = False
    for pairs, password in accepted:
        for pair in pairs:
            granted |= hmac.compare_digest(basic, pair)
        granted |= hmac.compare_digest(key, password)
    return Access.GRANTED if granted else Access.DENIED


@lru_cache(maxsize=2)
def _accepted(secret: str) -> list[tuple[list[bytes], bytes]]:
    """Return the digests of each credential's forms, and of its password."""
    lines = [line.strip() for line in secret.splitlines() if _is_usable(line)]
    return [
        ([_digest(pair) for pair in _encoded(line)], _digest(line.partition(":")[2].encode()))
        for line in lines
    ]


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


def _digest(value: bytes) -> bytes:
    return sha256(value).digest()
