"""What a label says by its name."""

import re
from typing import Final

_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS: Final = re.compile(r"[_./:-]+")


def words_of(label: str) -> str:
    """Return a label as one would say it: BookRestaurant and book_restaurant are two words each."""
    return " ".join(_PARTS.sub(" ", _HUMPS.sub(" ", label)).lower().split())
