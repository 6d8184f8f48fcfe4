"""A model version as it is stored and served: a few arrays, and nothing but numpy to read them."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.several_choices import FORMAT
from labelloop.recipes.several_choices.marks import Marks
from labelloop.recipes.text.bags import BAGS, VECTORS, Bags, Features, centred

_HEADER: Final = "header"  # JSON, as bytes; all other arrays have the names of fields
_MOST_FLOATS: Final = 4_000_000  # terms times labels at once: 16 MB


@dataclass(frozen=True, slots=True)
class StoredModel:
    """Log-odds that are linear in the TF-IDF of a text's terms and in its vector.

    `terms`: the ids that it knows, ascending, shape (t,); `idf`: their weights; `bag`: their
    coefficients, shape (t, k). `centre`: what vectors are seen from, shape (d,), where d is 0 for a
    model without vectors; `vector`: shape (d, k). `intercepts`: shape (k,).
    """

    names: tuple[str, ...]
    encoder: str
    least: float
    terms: NDArray[np.uint32]
    idf: Floats
    bag: Floats
    centre: Floats
    vector: Floats
    intercepts: Floats

    @classmethod
    def of(cls, artefact: bytes) -> Self:
        """Return a stored model; BadModel for anything that can't be served."""
        try:
            with np.load(io.BytesIO(artefact), allow_pickle=False) as file:
                arrays: dict[str, Any] = dict(file)
            header = json.loads(arrays.pop(_HEADER).tobytes())
            format_ = header.pop("format")
            if format_ != FORMAT:
                raise BadModel(f"the model has format {format_}, not {FORMAT}")
            model = cls(**{**header, "names": tuple(header["names"])}, **arrays)
            model._check()
        except MemoryError as exc:
            raise OutOfMemory("too little memory to load the model") from exc
        except BadModel:
            raise
        except Exception as exc:  # numpy and zipfile raise a dozen types for a bad file
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        return model

    def to_bytes(self) -> bytes:
        """Return the model as it is stored; equal models, equal bytes."""
        fields = asdict(self)
        arrays = {
            name: fields.pop(name) for name in [*fields] if isinstance(fields[name], np.ndarray)
        }
        header = json.dumps({"format": FORMAT, **fields}).encode()
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **{_HEADER: np.frombuffer(header, np.uint8)}, **arrays)
        return body.getvalue()

    @property
    def needs(self) -> tuple[str, ...]:
        """The blocks of features that it reads."""
        return (BAGS, VECTORS) if len(self.centre) else (BAGS,)

    def answer(self, features: Columns) -> Answers:
        """Return how likely each label is of each text."""
        probabilities = self.probabilities(Features.of(features))
        return Marks.of(probabilities, self.least).answers(self.names)

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """Return the probability of each label of each text, shape (texts, labels).

        BadModel for features without the vectors that the model was trained on.
        """
        odds = self._odds_by_bags(features.bags) + self.intercepts
        if len(self.centre) and len(features):
            vectors = features.vectors
            if vectors is None or vectors.shape[1] != len(self.centre):
                raise BadModel(f"the model wants vectors of {len(self.centre)} numbers")
            odds += centred(vectors, self.centre) @ self.vector
        # numpy's exponential of a large number is infinite, with a warning
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float32)

    def _odds_by_bags(self, bags: Bags) -> Floats:
        """Return the sums over each text's terms, a part of the texts at a time."""
        known = self._known(bags)
        parts = [self._sums(known.take(rows)) for rows in self._batches(known)]
        return np.concatenate([np.empty((0, len(self.names)), np.float32), *parts])

    def _sums(self, known: Bags) -> Floats:
        weights = (1 + np.log(np.maximum(known.counts, 1))) * self.idf[known.ids]
        text = np.repeat(np.arange(len(known)), np.diff(known.starts))
        lengths = np.sqrt(np.bincount(text, weights**2, minlength=len(known)))
        scores = (weights / lengths[text])[:, None] * self.bag[known.ids]
        sums = np.zeros((len(known), len(self.names)), np.float32)
        is_there = np.diff(known.starts) > 0
        if is_there.any():
            sums[is_there] = np.add.reduceat(scores, known.starts[:-1][is_there])
        return sums

    def _known(self, bags: Bags) -> Bags:
        """Return the bags of the terms that the model knows, by their places."""
        if not len(self.terms):
            return Bags.empty(len(bags))
        places = np.minimum(np.searchsorted(self.terms, bags.ids), len(self.terms) - 1)
        is_known = self.terms[places] == bags.ids
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_known)])[bags.starts]
        return Bags(places[is_known].astype(np.uint32), bags.counts[is_known], starts)

    def _batches(self, known: Bags) -> Iterator[range]:
        """Yield rows in batches of a bounded number of terms times labels."""
        most = max(1, _MOST_FLOATS // len(self.names))
        first = 0
        while first < len(known):
            end = int(np.searchsorted(known.starts, known.starts[first] + most, side="right")) - 1
            end = min(max(end, first + 1), len(known))
            yield range(first, end)
            first = end

    def _check(self) -> None:
        """Raise BadModel unless all parts fit each other, and it answers."""
        t, d, k = len(self.terms), len(self.centre), len(self.names)
        shapes = {"idf": (t,), "bag": (t, k), "vector": (d, k), "intercepts": (k,)}
        if not k or {type(name) for name in self.names} != {str}:
            raise BadModel("the model's labels are no names")
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape or not np.isfinite(getattr(self, name)).all():
                raise BadModel(f"the model's {name} is not what it should be")
        ids = self.terms[-50:]
        bag = ids, np.ones(len(ids), np.float32)
        vectors = np.eye(1, d, dtype=np.float32) if d else None
        if not np.isfinite(self.probabilities(Features(Bags.of([bag]), vectors))).all():
            raise BadModel("the model's answers are no probabilities")
