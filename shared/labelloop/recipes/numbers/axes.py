"""Axes that people rate texts on, as pairs of phrases: what lies between them takes few labels.

A text's vector is compared with both ends of each axis (semantic axes: An, Kwak and Ahn 2018). The
label config does not say what its stars are for; which axes matter is learnt from labels.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from labelloop.domain.answers import Floats

AXES: Final = (
    ("I love it, it is great", "I hate it, it is terrible"),
    ("happy, pleased and calm", "angry, sad and upset"),
    ("kind, polite and respectful", "rude, offensive and toxic"),
    ("clear, correct and helpful", "confusing, wrong and useless"),
    ("important and urgent", "trivial and unimportant"),
    ("easy and simple", "difficult and complex"),
    ("certain, a fact", "doubtful, an opinion"),
    ("large, strong and expensive", "small, weak and cheap"),
)
ENDS: Final = tuple(end for axis in AXES for end in axis)


def directions(ends: "Floats") -> "Floats":
    """Return unit vectors along the axes, shape (dimensions, axes), of the vectors of `ENDS`."""
    along = (ends[0::2] - ends[1::2]).T
    found: Floats = along / np.maximum(np.linalg.norm(along, axis=0), 1e-9)
    return found
