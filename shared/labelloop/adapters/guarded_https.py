"""Requests to addresses that strangers write: to hosts of a list, and never into a private network.

Task data may name any URL. People who add tasks must not be able to make a function read what only
the function can reach (server-side request forgery, CWE-918). The host's addresses are checked
after they are resolved, and the connection goes to the address that was checked, so that a second
answer of the name server can't replace it. Each redirect is checked anew.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from labelloop.adapters.connection_errors import why
from labelloop.errors import Unreached, Unreadable

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_SECONDS: Final = 3.0
MOST_REDIRECTS: Final = 2
_PINNED_S: Final = 60.0  # for which a checked address is used
_MOST_PINNED: Final = 32
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # IPv4 addresses in IPv6, private ones too
_METADATA: Final = {"168.63.129.16"}  # a public address, but of a cloud's own service
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_BUSY: Final = {408, 429, 502, 503, 504}  # of the server as a whole
_TOO_EARLY: Final = 425
_LIST_IT: Final = "add it to the parameter FetchHosts, if the deployment may fetch from there"

type Resolve = Callable[[str, int], Sequence[str]]
type PoolOf = Callable[[str, str, int], urllib3.HTTPConnectionPool]


class NoAnswer(Unreached):
    """The server did not answer, or not in time; other requests to it would wait as long."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Names of hosts: `files.example.com`, or `*.example.com` for all names below it."""

    names: tuple[str, ...] = ()

    @classmethod
    def listed(cls, text: str) -> "Hosts":
        """Return the hosts in a text, parted by commas or blanks."""
        return cls(tuple(text.lower().replace(",", " ").split()))

    def __contains__(self, host: str) -> bool:
        """Say whether a host is one of them."""
        return any(
            host.endswith(name[1:]) if name.startswith("*.") else host == name
            for name in self.names
        )


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public Internet."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.sixtofour or ip.teredo or ip in _TRANSLATED:
            return False
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast and str(ip) not in _METADATA


def resolved(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def pinned_pool(address: str, host: str, port: int) -> urllib3.HTTPConnectionPool:
    """Return connections to an address whose certificate must be the host's."""
    return urllib3.HTTPSConnectionPool(
        address, port, server_hostname=host, assert_hostname=host, maxsize=8, retries=False
    )


class GuardedHttps:
    """Reads files from the hosts of a list."""

    def __init__(
        self,
        hosts: Hosts,
        *,
        resolve: Resolve = resolved,
        pool_of: PoolOf = pinned_pool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts, self._resolve, self._pool_of, self._clock = hosts, resolve, pool_of, clock
        self._pinned: dict[tuple[str, int], tuple[urllib3.HTTPConnectionPool, float]] = {}

    def read(
        self, url: str, redirects: int = MOST_REDIRECTS, seconds: float = MOST_SECONDS
    ) -> bytes:
        """Return the bytes at a URL, after some redirects at most. Unreadable says why not."""
        end = self._clock() + seconds
        for _ in range(redirects + 1):
            parts = self._checked(url)
            pool = self._pool(parts.hostname or "", parts.port or 443)
            path = parts.path or "/"
            target = parts._replace(scheme="", netloc="", fragment="", path=path).geturl()
            answer = requested(pool, target, {"Host": parts.netloc}, end - self._clock(), url)
            if answer.status not in _REDIRECTS:
                return body_of(answer, end, self._clock)
            answer.close()
            url = urljoin(url, answer.headers.get("Location", ""))
        raise Unreadable(f"more than {redirects} redirects")

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Unreadable("its address is malformed") from None
        if parts.scheme != "https" or not host or port == 0 or "@" in parts.netloc:
            raise Unreadable("its address is none that may be fetched")
        if host not in self._hosts:
            raise Unreached(f"the host {host[:80]} is not among FetchHosts", _LIST_IT)
        return parts

    def _pool(self, host: str, port: int) -> urllib3.HTTPConnectionPool:
        pool, until = self._pinned.get((host, port), (None, 0.0))
        if pool is not None and self._clock() < until:
            return pool
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise NoAnswer(f"there is no host {host}") from None
        if not addresses or not all(map(is_public, addresses)):
            raise Unreadable(f"the host {host} is in a private network")
        if len(self._pinned) >= _MOST_PINNED:
            self._pinned.clear()
        pool = self._pool_of(addresses[0], host, port)
        self._pinned[host, port] = pool, self._clock() + _PINNED_S
        return pool


def requested(
    pool: urllib3.HTTPConnectionPool | urllib3.PoolManager,
    target: str,
    headers: Mapping[str, str],
    seconds: float,
    url: str,
) -> urllib3.BaseHTTPResponse:
    """Return the answer to a GET before its body is read; NoAnswer if there is none in time."""
    if seconds <= 0:
        raise NoAnswer(f"more than {MOST_SECONDS:.0f} s")
    try:
        return pool.request(
            "GET",
            target,
            headers={"User-Agent": "labelloop", "Accept": "*/*", **headers},
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except HTTPError as exc:
        raise NoAnswer(why(exc, url)[0]) from exc


def body_of(answer: urllib3.BaseHTTPResponse, end: float, clock: Callable[[], float]) -> bytes:
    """Return the body of an answer; Unreadable for another status, too many bytes, or too late."""
    content = bytearray()
    try:
        _demand_success(answer.status)
        while chunk := answer.read1(65_536):
            content += chunk
            if len(content) > MOST_BYTES:
                raise Unreadable(f"more than {MOST_BYTES // 1024**2} MB")
            if clock() > end:
                raise NoAnswer(f"more than {MOST_SECONDS:.0f} s")
    except HTTPError as exc:
        raise NoAnswer("the connection broke") from exc
    finally:
        answer.close()  # the connection stays in the pool if the answer was read to its end
    return bytes(content)


def _demand_success(status: int) -> None:
    if status == 200:
        return
    reason = f"the server answered {status}"
    if status in _BUSY:
        raise NoAnswer(reason)
    raise (Unreached if status >= 500 or status == _TOO_EARLY else Unreadable)(reason)
