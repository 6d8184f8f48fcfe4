"""Connections as the person's machine is set to make them: proxies, and trusted certificates.

The variables are those that curl, pip and git read. The functions in AWS read none of them.
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
    """Return the connections to an address: by the proxy that the environment names, if any."""
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
            f"the proxy {shown(proxy)} is none that can be used: expected http://host:port",
            "correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the host in NO_PROXY",
        ) from None


def proxy_for(url: str) -> str:
    """Return the proxy that the environment names for an address, empty for none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _HERE or proxy_bypass(host):
        return ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def shown(url: str) -> str:
    """Return an address without the user and password in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _trusted(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return where the trusted certificates are, if somebody chose; OpenSSL's own place if not."""
    for name in BUNDLES:
        if not (chosen := environment.get(name)):
            continue
        path = Path(chosen)
        if path.is_dir():
            return {"ca_cert_dir": chosen}
        if not path.is_file():
            raise BadSettings(f"{name} names no file: {chosen}", f"correct or unset {name}")
        return {"ca_certs": chosen}
    return {}
