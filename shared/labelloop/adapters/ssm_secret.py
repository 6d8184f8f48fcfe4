"""A secret, kept as a SecureString in SSM's Parameter Store."""

import time
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.aws_errors import code_of
from labelloop.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_KEPT_S: Final = 60  # after a rotation the old password is let in for as long


class SsmSecret:
    """A secret by the name of its parameter; written with a key of KMS, or with SSM's own."""

    def __init__(self, name: str, client: Any = None, key: str = "") -> None:
        self._name = name
        self._key: Any = {"KeyId": key} if key else {}
        self._ssm: SSMClient = client or client_of("ssm")
        self._known: str | None = None
        self._read_at = -float("inf")

    def read(self) -> str:
        """Return the secret, empty if there is none; the last known one while SSM fails."""
        if time.monotonic() - self._read_at < _KEPT_S and self._known is not None:
            return self._known
        try:
            found = self._ssm.get_parameter(Name=self._name, WithDecryption=True)
            self._keep(found["Parameter"]["Value"])
        except (BotoCoreError, ClientError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ParameterNotFound":
                self._known = ""
            elif self._known is None:
                raise Unavailable("the credentials could not be read") from exc
        return self._known or ""

    def write(self, value: str) -> None:
        """Store the secret over the one before."""
        try:
            self._ssm.put_parameter(
                Name=self._name, Value=value, Type="SecureString", Overwrite=True, **self._key
            )
        except (BotoCoreError, ClientError) as exc:
            raise Unavailable("the secret could not be stored") from exc
        self._keep(value)

    def _keep(self, value: str) -> None:
        self._known, self._read_at = value, time.monotonic()
