"""Labelloop's address: `https://user:password@host`, and its parts."""

import base64
import ipaddress
import socket
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from labelloop.cli.network import is_here
from labelloop.errors import BadSettings
from labelloop.web.credentials import API_KEY_HEADER, events_pair, ml_pair, viewing_pair

_SHAPE: Final = (
    "give --stack, or set LABELLOOP_STACK, to the stack's name; or give --url, or set "
    "LABELLOOP_URL, as https://user:password@host: the deployment's ApiUrl, with a user and "
    "password of its SSM parameter, /<stack>/credentials by default"
)

PRINTED: Final = (
    "use the line that `make up` printed: export LABELLOOP_URL=http://user:password@..."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Labelloop's URL and credentials. `url` holds no credentials and ends in no slash."""

    url: str
    user: str
    password: str

    @classmethod
    def read(cls, text: str) -> "Address":
        """Return the parts of an address; BadSettings says what is missing."""
        try:
            parts = urlsplit(text.strip())
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            raise BadSettings("Labelloop's URL is not an address", _SHAPE) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSettings("Labelloop's URL lacks https:// or a host", _SHAPE)
        if not parts.username or not parts.password:
            fix = PRINTED if is_here(text) else _SHAPE
            raise BadSettings("Labelloop's URL holds no user and password", fix)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        return cls(url, unquote(parts.username), unquote(parts.password))

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def for_ml_calls(self) -> "Address":
        """The address with the credentials for the ML backend in Label Studio."""
        user, password = ml_pair(self.password)
        return replace(self, user=user, password=password)

    @property
    def for_viewing(self) -> "Address":
        """The address of the pages with the credentials to read them, and to change nothing."""
        user, password = viewing_pair(self.password)
        return replace(self, url=f"{self.url}/ui", user=user, password=password)

    def for_events(self, project: str) -> "Address":
        """Return the address with the credentials for a project's webhook."""
        user, password = events_pair(self.password, project)
        return replace(self, user=user, password=password)

    @property
    def webhook(self) -> str:
        """The URL that Label Studio sends events to."""
        return f"{self.url}/webhook"

    def is_at(self, url: str, suffix: str = "") -> bool:
        """Say whether a URL is this address plus `suffix`, whatever its credentials."""
        return bare(url) == bare(self.url + suffix)

    def opens(self, url: str) -> bool:
        """Say whether a URL holds these credentials."""
        try:
            other = Address.read(url)
        except BadSettings:
            return False
        return (other.user, other.password) == (self.user, self.password)

    def is_shown_by(self, hook: dict[str, Any]) -> bool:
        """Say whether a webhook of Label Studio shows these credentials, in its URL or headers."""
        headers = {name.lower(): value for name, value in (hook.get("headers") or {}).items()}
        basic, key = headers.get("authorization"), headers.get(API_KEY_HEADER)
        return self.opens(hook["url"]) or basic == self.basic or key == self.password

    def is_private(self) -> bool:
        """Say whether the host is one that Label Studio's SSRF protection refuses."""
        host = urlsplit(self.url).hostname or ""
        try:
            infos = socket.getaddrinfo(host, None)
        except OSError:
            return False
        return any(not ipaddress.ip_address(str(info[4][0])).is_global for info in infos)


def bare(url: str) -> str:
    """Return a URL without its credentials, default port and last slash, for comparing."""
    try:
        parts = urlsplit(url.strip())
        default = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port not in (None, default) else ""
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
