"""Sparse text features: a text becomes its words and character n-grams.

The trainer and the predictor both call `terms`, and nothing else looks at text: a text operator
inside an ONNX graph would need a locale that Lambda lacks, and splits most scripts differently.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

MOST_CHARACTERS: Final = 20_000  # some 3,000 words; the rest of a longer text is not looked at
NGRAM_SIZES: Final = range(2, 5)
_MOST_REMEMBERED: Final = 32  # characters; a longer chunk is no common word
_WORD = re.compile(r"\w+")


def terms(text: str) -> Iterator[str]:
    """Yield the terms of a text: "=word" for each word, and n-grams within blank-padded words."""
    text = normalise(text)
    for word in _WORD.findall(text):
        yield "=" + word
    for chunk in text.split():
        yield from _ngrams(chunk) if len(chunk) <= _MOST_REMEMBERED else _ngrams_of(chunk)


def _ngrams_of(chunk: str) -> tuple[str, ...]:
    padded = f" {chunk} "
    starts = ((start, size) for size in NGRAM_SIZES for start in range(len(padded) - size + 1))
    return tuple(padded[start : start + size] for start, size in starts)


_ngrams = lru_cache(maxsize=8_192)(_ngrams_of)  # a few MB: common words are most of a text


def normalise(text: str) -> str:
    """Return the text with compatibility forms and case folded away (Unicode 15, section 3.13).

    Case folding maps the final sigma to sigma and ß to ss, which lower-casing does not. Lone
    surrogates, which JSON can carry and UTF-8 cannot, are dropped.
    """
    text = text[:MOST_CHARACTERS].encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
