"""What a training gives: an artefact to serve, and what the model knows about its own examples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trained:
    """A checked artefact.

    `out_of_fold`: what a model that never saw the label of an example says of it, shape (examples,
    classes), in the examples' order. Not a number where a class has no other example.
    """

    artefact: bytes
    facts: dict[str, Any]
    classes: list[str]
    out_of_fold: NDArray[np.float32]
