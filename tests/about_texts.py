"""Examples of the kinds of labelling that ask one thing about texts, by short names."""

from typing import Final

from tests.kinds import (
    numbers,
    pairs,
    several_choices,
    spans,
    taxonomy,
    text_choices,
)
from tests.kinds.example import Example

ABOUT_TEXTS: Final[dict[str, Example]] = {
    "choice": text_choices.EXAMPLE,
    "boxes": several_choices.EXAMPLE,
    "taxonomy": taxonomy.EXAMPLE,
    "rating": numbers.EXAMPLE,
    "spans": spans.EXAMPLE,
    "spans of pages": spans.PAGES,
    "spans of dialogues": spans.DIALOGUES,
    "pairs": pairs.EXAMPLE,
}
