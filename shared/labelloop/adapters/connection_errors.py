"""Why a request got no answer, in words, and what to do about it."""

from typing import Final
from urllib.parse import urlsplit

from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
    TimeoutError,
)

TRUST: Final = (
    "set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to a file (PEM) with the certificate authority that "
    "signed it, such as your company's"
)


def why(error: HTTPError, url: str) -> tuple[str, str]:
    """Return why a request to an address got no answer, and what to do about it."""
    host = bare_host(url)
    cause = getattr(error, "original_error", None)
    if isinstance(error, SSLError) or isinstance(cause, SSLError):
        return why_untrusted(error), TRUST
    if isinstance(error, ProxyError):
        fix = f"check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name {host} in NO_PROXY"
        return "the proxy does not let it through", fix
    if isinstance(error, NameResolutionError):
        return f"there is no host {host}", "check the address for typing errors"
    if isinstance(error, NewConnectionError):
        return f"nothing listens at {host}", "check that it runs, and its port"
    if isinstance(error, TimeoutError):
        return "it took too long", "check that this machine can reach it, and try again"
    return f"the connection broke ({type(error).__name__})", "try again"


def why_untrusted(error: Exception) -> str:
    """Return in words what is wrong with a certificate, or with TLS itself."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
        reason = text.partition("certificate verify failed:")[2].partition("(_ssl")[0].strip()
        return f"its certificate is not trusted ({reason or 'unknown authority'})"
    if "WRONG_VERSION_NUMBER" in text or "wrong version number" in text.lower():
        return "it does not speak TLS: http:// instead of https:// may be meant"
    if "doesn't match" in text or "Hostname mismatch" in text:
        return "its certificate is for another host"
    return "TLS failed"


def bare_host(url: str) -> str:
    """Return host and port of an address."""
    return urlsplit(url).netloc.rpartition("@")[2]
