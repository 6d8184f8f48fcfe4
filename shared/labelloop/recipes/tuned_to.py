"""Which texts an encoder was tuned to, by digests from which no text can be read.

Such an encoder's vectors give the labels of these texts away. So models learn from them, and all
that is to show how good a model is, or how sure it may be, comes from the others.
"""

from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Columns
from labelloop.recipes.text.seen import same, texts_in

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Input

TUNED: Final = "tuned"  # the block that says so, in the features of labelled tasks
_BYTES: Final = 8  # a million texts share one with a probability of 3e-8


def digests_of(inputs: Sequence["Input"]) -> list[str]:
    """Return the digests of all texts in some inputs, ascending, each once.

    Texts that differ in case and blanks have one in common, as their vectors hardly differ.
    """
    return sorted({digest for input_ in inputs for digest in _digests(input_)})


def are_tuned(inputs: Sequence["Input"], tuned_to: Collection[str]) -> NDArray[np.bool_]:
    """Say for each input whether a text in it has one of these digests. Shape (inputs,)."""
    if not tuned_to:
        return np.zeros(len(inputs), np.bool_)
    found = (any(digest in tuned_to for digest in _digests(input_)) for input_ in inputs)
    return np.fromiter(found, np.bool_, len(inputs))


def marked(features: Columns, tuned: NDArray[np.bool_]) -> Columns:
    """Return features that tell which rows are of tuned texts; as they are if none is."""
    if not tuned.any():
        return features
    return Columns(len(features), {**features.blocks, TUNED: tuned})


def _digests(input_: Any) -> Iterator[str]:
    for text in texts_in(input_):
        body = same(text).encode("utf-8", "surrogatepass")
        yield blake2b(body, digest_size=_BYTES).hexdigest()
