"""A secret, kept as a SecureString in SSM's Parameter Store."""

from typing import Final

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import (
    GetParameterError,
    SetParameterError,
)
from botocore.config import Config
from botocore.exceptions import ClientError

from labelloop.adapters.aws_errors import code_of
from labelloop.errors import Unavailable

_KEPT_S: Final = 60  # after a rotation the old password is let in for as long
_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)


class SsmSecret:
    """A secret by the name of its parameter."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: str | None = None
        self._ssm = SSMProvider(boto_config=_CONFIG)

    def read(self) -> str:
        """Return the secret, empty if there is none; the last known one while SSM fails."""
        try:
            found = self._ssm.get(self._name, decrypt=True, max_age=_KEPT_S)
            self._known = str(found)
        except GetParameterError as exc:
            if _is_missing(exc):
                self._known = ""
            elif self._known is None:
                raise Unavailable("the credentials could not be read") from exc
        return self._known or ""

    def write(self, value: str) -> None:
        """Store the secret over the one before."""
        try:
            # The stub demands a KMS key of one's own; SSM's default key will do.
            self._ssm.set(  # type: ignore[call-overload]
                self._name, value, parameter_type="SecureString", overwrite=True
            )
        except SetParameterError as exc:
            raise Unavailable("the secret could not be stored") from exc
        self._ssm.clear_cache()  # type: ignore[no-untyped-call]
        self._known = value


def _is_missing(error: GetParameterError) -> bool:
    cause = error.__cause__ or error.__context__
    return isinstance(cause, ClientError) and code_of(cause) == "ParameterNotFound"
