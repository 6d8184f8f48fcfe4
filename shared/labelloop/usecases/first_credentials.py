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


def make_first_credentials(secret: NewSecret) -> None:
    """Store a user and a new password, unless credentials are stored already."""
    is_new = secret.create(f"{USER}:{secrets.token_hex(_BYTES)}")
    logger().info("credentials made" if is_new else "credentials found")
