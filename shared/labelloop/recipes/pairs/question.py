"""The question that a page asks about two texts, and its opposite.

"Which is more polite?" and "Which is less polite?" have vectors whose difference points to where
texts are more polite, in part: a hint before the first label. The learner weighs it by what labels
say. One question alone points to texts that are about politeness, which is no answer.
"""

import re
from typing import Final

from labelloop.labelstudio.label_config import LabelConfig

_PAIRS: Final = (
    ("more", "less"),
    ("most", "least"),
    ("better", "worse"),
    ("best", "worst"),
    ("higher", "lower"),
    ("larger", "smaller"),
    ("happier", "unhappier"),
)
_OPPOSITES: Final = {word: other for pair in _PAIRS for word, other in (pair, pair[::-1])}
_COMPARED: Final = re.compile(rf"\b({'|'.join(_OPPOSITES)})\b", re.IGNORECASE)


def question_of(config: LabelConfig) -> str:
    """Return the first heading that compares, empty if there is none. It is the same for all tasks.

    Only English is read; other projects start without a hint.
    """
    headings = (tag.attributes.get("value", "").strip() for tag in config.of_kind("header"))
    return next((text for text in headings if "$" not in text and _COMPARED.search(text)), "")


def opposite_of(question: str) -> str:
    """Return a question with its first comparative turned round."""
    return _COMPARED.sub(lambda match: _OPPOSITES[match[0].lower()], question, count=1)
