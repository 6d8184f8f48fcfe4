"""The model: a linear one of vectors, in numpy alone. Its artefact is numpy's file of arrays."""

import io
import json
import zlib
from dataclasses import dataclass
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.image_choices import FORMAT, NAME
from labelloop.recipes.image_choices.features import VECTORS, View, unit
from labelloop.recipes.text.probabilities import answers_of

NEEDS: Final = (VECTORS,)
_DAMAGED: Final = (
    *(AttributeError, BadZipFile, EOFError, KeyError, NotImplementedError, OSError),
    *(RecursionError, TypeError, ValueError, zlib.error),
)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Classes by vectors. `names`: the classes; `encoder`: what the vectors have to come from.

    `coefficients`, shape (dimensions, classes), and `intercepts`, shape (classes,), give log-odds.
    """

    names: tuple[str, ...]
    encoder: str
    view: View
    coefficients: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    needs = NEEDS

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each task, NaN for a row of NaN."""
        vectors = features.array(VECTORS)
        if vectors is None and not len(features):
            vectors = np.empty((0, len(self.view.centre)), np.float32)
        if vectors is None or vectors.shape[1:] != self.view.centre.shape:
            raise BadModel(f"the model wants vectors of {len(self.view.centre)} numbers")
        rows = self.view.seen(unit(vectors))
        return answers_of(_softmax(rows @ self.coefficients + self.intercepts), self.names)

    def packed(self) -> bytes:
        """Return the artefact. The same model gives the same bytes."""
        facts = {"recipe": NAME, "format": FORMAT, "classes": self.names, "encoder": self.encoder}
        body = io.BytesIO()
        np.savez(
            body,
            facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
            centre=self.view.centre,
            scale=self.view.scale,
            coefficients=self.coefficients,
            intercepts=self.intercepts,
        )
        return body.getvalue()


def load(artefact: bytes) -> LinearModel:
    """Return a stored model; BadModel for any other bytes."""
    try:
        with np.load(io.BytesIO(artefact), allow_pickle=False) as file:
            arrays = dict(file)  # reads all, and with it the checksums
        facts = json.loads(arrays.pop("facts").tobytes())
        if (facts["recipe"], facts["format"]) != (NAME, FORMAT):
            raise BadModel(f"a model of {facts['recipe']}, format {facts['format']}")
        view = View(arrays["centre"], arrays["scale"])
        weights = arrays["coefficients"], arrays["intercepts"]
        model = LinearModel(tuple(facts["classes"]), str(facts["encoder"]), view, *weights)
        width, classes = model.coefficients.shape
    except MemoryError as exc:
        raise OutOfMemory("there is too little memory to load the model") from exc
    except _DAMAGED as exc:
        raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
    shapes = [view.centre.shape, view.scale.shape, model.intercepts.shape, (len(model.names),)]
    are_floats = all(array.dtype == np.float32 for array in arrays.values())
    if shapes != [(width,), (width,), (classes,), (classes,)] or not are_floats:
        raise BadModel("the model's arrays don't fit each other")
    if classes < 2 or not all(np.isfinite(array).all() for array in arrays.values()):
        raise BadModel("the model's answers are no probabilities")
    if {type(name) for name in model.names} != {str}:
        raise BadModel("the model's classes are no names")
    return model


def _softmax(logits: Floats) -> NDArray[np.float32]:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)
