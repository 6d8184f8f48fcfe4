"""The words in a label's name."""

import re
from typing import Final

_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS: Final = re.compile(r"[_./:-]+")


def words_of(label: str) -> str:
    """Return a label in words: BookRestaurant and book_restaurant become `book restaurant`."""
    return " ".join(_PARTS.sub(" ", _HUMPS.sub(" ", label)).lower().split())
