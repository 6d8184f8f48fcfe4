"""Make the credentials of a new deployment, so that nobody has to invent a password."""

import secrets
from typing import Final, Protocol

from labelloop.observability import logger

USER: Final = "labelstudio"
_BYTES: Final = 24  # of chance, as hex digits: no sign that a shell or a URL reads otherwise


class NewSecret(Protocol):
    """A secret that is written once."""

    def create(self, value: str) -> bool:
        """Store the secret; return False, and leave all as it is, if there is one."""
        ...


class EarlierSecret(Protocol):
    """A secret that may be read."""

    def read(self) -> str:
        """Return the secret, empty if there is none."""
        ...


def make_first_credentials(secret: NewSecret, earlier: EarlierSecret | None = None) -> None:
    """Store credentials, unless some are stored already: the earlier ones, else a new password.

    `earlier`: where they were before, if their parameter got another name. Raises what it raises:
    without the old password all projects would have to be connected again.
    """
    copied = earlier.read() if earlier else ""
    is_new = secret.create(copied or f"{USER}:{secrets.token_hex(_BYTES)}")
    made = "credentials copied" if copied else "credentials made"
    logger().info(made if is_new else "credentials found")
