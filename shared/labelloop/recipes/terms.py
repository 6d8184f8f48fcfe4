"""Sparse text features: a text becomes a bag of its words and character n-grams.

The trainer and the predictor both call `bags_of`, and nothing else looks at text: a text operator
inside an ONNX graph would need a locale that Lambda lacks, and splits most scripts differently.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.features import Bags

MOST_CHARACTERS: Final = 20_000  # some 3,000 words; the rest of a longer text is not looked at
NGRAM_SIZES: Final = range(2, 5)
IDS: Final = 1 << 22  # places that terms are hashed to: few of a corpus's terms share one
_MOST_REMEMBERED: Final = 32  # characters; a longer chunk is no common word
_WORD = re.compile(r"\w+")


def bags_of(texts: Iterable[str]) -> Bags:
    """Return the bags of term ids of some texts, by feature hashing (Weinberger et al. 2009).

    A term's id depends on nothing but the term, so a bag serves every version.
    """
    return Bags.of([_bag(text) for text in texts])


def _bag(text: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    bag = Counter(term_ids(text))
    ids = np.fromiter(bag, np.uint32, len(bag))
    order = np.argsort(ids)
    return ids[order], np.fromiter(bag.values(), np.float32, len(bag))[order]


def term_ids(text: str) -> Iterator[int]:
    """Yield the ids, 1 to IDS, of the words of a text, and of n-grams within blank-padded words."""
    text = normalise(text)
    for word in _WORD.findall(text):
        yield _id("=" + word)
    for chunk in text.split():
        yield from _ngrams(chunk) if len(chunk) <= _MOST_REMEMBERED else _ngrams_of(chunk)


def _id(term: str) -> int:
    return 1 + crc32(term.encode()) % IDS


def _ngrams_of(chunk: str) -> tuple[int, ...]:
    padded = f" {chunk} "
    starts = ((start, size) for size in NGRAM_SIZES for start in range(len(padded) - size + 1))
    return tuple(_id(padded[start : start + size]) for start, size in starts)


_ngrams = lru_cache(maxsize=8_192)(_ngrams_of)  # a few MB: common words are most of a text


def normalise(text: str) -> str:
    """Return the text with compatibility forms and case folded away (Unicode 15, section 3.13).

    Case folding maps the final sigma to sigma and ß to ss, which lower-casing does not. Lone
    surrogates, which JSON can carry and UTF-8 cannot, are dropped.
    """
    text = text[:MOST_CHARACTERS].encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
