"""Sparse text features: a text becomes a bag of its words and character n-grams.

Training and prediction both call `bags_of`, and nothing else reads the text: a text operator inside
an ONNX graph would need a locale that Lambda lacks, and splits most scripts differently.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelloop.recipes.text import HAN
from labelloop.recipes.text.bags import Bags

MOST_CHARACTERS: Final = 20_000  # some 3,000 words; the rest of a longer text is not read
NGRAM_SIZES: Final = range(2, 5)
IDS: Final = 1 << 22  # that terms are hashed to: few of a corpus's terms share one
_MOST_REMEMBERED: Final = 32  # characters; a longer chunk is no common word
_WORD = re.compile(r"\w+")
_WORD_OF_ONE = re.compile(HAN)
_NO_TERMS: Final = np.empty(0, np.uint32)


def bags_of(texts: Iterable[str]) -> Bags:
    """Return the bags of term ids of some texts, by feature hashing (Weinberger et al. 2009).

    A term's id depends on the term alone, so a bag serves every version.
    """
    return Bags.of([_bag(text) for text in texts])


def _bag(text: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    ids, counts = np.unique(term_ids(text), return_counts=True)
    return ids, counts.astype(np.float32)


def term_ids(text: str) -> NDArray[np.uint32]:
    """Return the ids, 1 to IDS, of a text's terms, each as often as it occurs.

    The terms of each chunk between blanks: its words, each Han character in it, and its n-grams
    with a blank on either side.
    """
    chunks = normalise(text).split()
    ids = [_terms(c) if len(c) <= _MOST_REMEMBERED else _terms_of(c) for c in chunks]
    return np.concatenate([_NO_TERMS, *ids])


def _terms_of(chunk: str) -> NDArray[np.uint32]:
    padded = f" {chunk} "
    words = ["=" + word for word in _WORD.findall(chunk) + _WORD_OF_ONE.findall(chunk)]
    starts = ((start, size) for size in NGRAM_SIZES for start in range(len(padded) - size + 1))
    ngrams = [padded[start : start + size] for start, size in starts]
    return np.array([_id(term) for term in words + ngrams], np.uint32)


_terms = lru_cache(maxsize=8_192)(_terms_of)  # a few MB: common words are most of a text


def _id(term: str) -> int:
    return 1 + crc32(term.encode()) % IDS


def normalise(text: str) -> str:
    """Return the text with compatibility forms and case folded away (Unicode 15, section 3.13).

    Case folding maps the final sigma to sigma and ß to ss, which lower-casing does not. Lone
    surrogates, which JSON can carry and UTF-8 cannot, are dropped.
    """
    text = text[:MOST_CHARACTERS].encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
