"""Connections with the settings of the person's machine: proxies, and trusted certificates.

The environment variables are those of curl, pip and git. The functions in AWS read none of them.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import ProxySchemeUnknown

from labelloop.errors import BadSettings

BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_HERE: Final = ("localhost", "127.0.0.1", "::1")


def pool_for(url: str, **options: Any) -> urllib3.PoolManager:
    """Return a connection pool for an address, through the environment's proxy if it names one."""
    trusted = _trusted(os.environ) | options
    proxy = proxy_for(url)
    if not proxy:
        return urllib3.PoolManager(**trusted)
    parts = urlsplit(proxy)
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        trusted["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=login)
    try:
        return urllib3.ProxyManager(proxy, **trusted)
    except (ProxySchemeUnknown, ValueError):
        raise BadSettings(
            f"the proxy {shown(proxy)} can't be used: expected http://host:port",
            "correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the host in NO_PROXY",
        ) from None


def proxy_for(url: str) -> str:
    """Return the environment's proxy for an address, empty for none."""
    parts = urlsplit(url)
    if is_here(url) or proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def is_here(url: str) -> bool:
    """Say whether an address is on this machine, as that of `make up` is."""
    return urlsplit(url).hostname in _HERE


def shown(url: str) -> str:
    """Return an address without its user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _trusted(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the trusted certificates that the environment names; empty for OpenSSL's default."""
    for name in BUNDLES:
        if not (value := environment.get(name)):
            continue
        path = Path(value)
        if path.is_dir():
            return {"ca_cert_dir": value}
        if not path.is_file():
            raise BadSettings(f"{name} names no file: {value}", f"correct or unset {name}")
        return {"ca_certs": value}
    return {}
