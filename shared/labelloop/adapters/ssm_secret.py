"""A secret, stored as a SecureString in SSM's Parameter Store."""

import time
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.aws_errors import code_of
from labelloop.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_WAITS_S: Final = (2, 4, 8)  # a role that was just made is known everywhere after some seconds
CACHED_S: Final = 60  # after a rotation the old password stays valid for as long


class SsmSecret:
    """A secret by the name of its parameter; encrypted with a KMS key, or with SSM's own."""

    def __init__(
        self, name: str, client: Any = None, key: str = "", cached_s: float = CACHED_S
    ) -> None:
        self._name, self._cached_s = name, cached_s
        self._key: Any = {"KeyId": key} if key else {}
        self._ssm: SSMClient = client or client_of("ssm")
        self._cached: str | None = None
        self._read_at = -float("inf")

    def read(self) -> str:
        """Return the secret, empty if there is none; while SSM fails, the last value read."""
        if time.monotonic() - self._read_at < self._cached_s and self._cached is not None:
            return self._cached
        try:
            answer = self._ssm.get_parameter(Name=self._name, WithDecryption=True)
            self._cache(answer["Parameter"]["Value"])
        except (BotoCoreError, ClientError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ParameterNotFound":
                self._cached = ""
            elif self._cached is None:
                raise Unavailable("the credentials could not be read") from exc
        return self._cached or ""

    def write(self, value: str) -> None:
        """Store the secret in place of the previous one."""
        try:
            self._ssm.put_parameter(
                Name=self._name, Value=value, Type="SecureString", Overwrite=True, **self._key
            )
        except (BotoCoreError, ClientError) as exc:
            raise Unavailable("the secret could not be stored") from exc
        self._cache(value)

    def create(self, value: str) -> bool:
        """Store the secret; return False, and leave all as it is, if there is one."""
        for wait_s in (*_WAITS_S, None):
            try:
                self._ssm.put_parameter(
                    Name=self._name, Value=value, Type="SecureString", **self._key
                )
            except ClientError as exc:
                if code_of(exc) == "ParameterAlreadyExists":
                    return False
                if wait_s is None or code_of(exc) != "AccessDeniedException":
                    raise Unavailable(f"{self._name} could not be stored: {exc}") from exc
                time.sleep(wait_s)
            else:
                break
        return True

    def _cache(self, value: str) -> None:
        self._cached, self._read_at = value, time.monotonic()
