"""Make the credentials of a new deployment, so that nobody has to invent a password."""

import secrets
from typing import Final, Protocol

from labelloop.errors import Unavailable
from labelloop.observability import logger

USER: Final = "labelstudio"
_BYTES: Final = 24  # of chance, as hex digits: no sign that a shell or a URL reads otherwise


class FirstSecret(Protocol):
    """A secret that is written once."""

    def read(self) -> str:
        """Return the secret, empty if there is none. Raises Unavailable."""
        ...

    def create(self, value: str) -> bool:
        """Store the secret; return False, and leave all as it is, if there is one."""
        ...


def make_first_credentials(secret: FirstSecret, earlier: FirstSecret | None = None) -> None:
    """Store credentials, unless some are stored already: the earlier ones, else a new password.

    `earlier`: where they were before, if their parameter got another name. Raises what it raises:
    without the old password all projects would have to be connected again. It is not read without
    need: after an update that failed, its name may be one that nobody can read.
    """
    copied = earlier.read() if earlier and not _is_stored(secret) else ""
    is_new = secret.create(copied or f"{USER}:{secrets.token_hex(_BYTES)}")
    made = "credentials copied" if copied else "credentials made"
    logger().info(made if is_new else "credentials found")


def _is_stored(secret: FirstSecret) -> bool:
    """Say whether there is a secret; a right to read that is too new to count means no."""
    try:
        return bool(secret.read())
    except Unavailable:
        return False
