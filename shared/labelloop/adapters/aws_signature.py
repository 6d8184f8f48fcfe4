"""AWS's signature of a request (SigV4), by AWS's own signers."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from types import ModuleType


@contextmanager
def _late(name: str) -> Iterator[None]:
    """Replace a module, for the imports in the block, by one that loads at first use (PEP 562)."""
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = ModuleType(name)
    vars(stand_in)["__getattr__"] = lambda attribute: getattr(import_module(name), attribute)
    try:
        yield
    finally:
        del sys.modules[name]


# The signers use it only for event streams, and loading it takes a tenth of a cold /webhook.
with _late("asyncio"):
    from aws_sdk_signers import (
        URI,
        AWSCredentialIdentity,
        AWSRequest,
        Field,
        Fields,
        SigV4Signer,
        SigV4SigningProperties,
    )


class Signature:
    """Signs the requests to one service with the function's own credentials."""

    def __init__(self, service: str, region: str) -> None:
        self._properties = SigV4SigningProperties(region=region, service=service)
        if service == "s3":  # its paths are signed as they are sent
            self._properties |= {
                "content_checksum_enabled": True,
                "uri_encode_path": False,
                "normalize_path": False,
            }
        self._identity = AWSCredentialIdentity(
            access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
            secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            session_token=os.environ.get("AWS_SESSION_TOKEN"),
        )
        self._signer = SigV4Signer()

    def headers(
        self, url: tuple[str, str, str], method: str, headers: dict[str, str], body: bytes
    ) -> dict[str, str]:
        """Return the headers and those of the signature. `url`: scheme, host with port, path."""
        scheme, host, path = url
        name, _, port = host.partition(":")
        uri = URI(scheme=scheme, host=name, port=int(port) if port else None, path=path)
        fields = Fields([Field(name=key, values=[value]) for key, value in headers.items()])
        request = AWSRequest(destination=uri, method=method, body=BytesIO(body), fields=fields)
        signed = self._signer.sign(
            request=request, identity=self._identity, properties=self._properties
        )
        return {field.name: field.as_string() for field in signed.fields}
