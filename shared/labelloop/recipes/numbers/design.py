"""What the experts see of the labelled texts, and what it takes to see other texts as they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.domain.answers import Floats
from labelloop.domain.columns import Columns, joined
from labelloop.errors import Unprocessable
from labelloop.recipes.numbers.axes import ENDS, directions
from labelloop.recipes.numbers.cells import CellScale
from labelloop.recipes.text.bags import Features, centred
from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.topics import topics_of

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Tools

_MOST_FOR_TOPICS: Final = 1_000  # texts


@dataclass(frozen=True)
class Design:
    """The rows of each expert, shape (texts, its width), by its name.

    `terms`: ids of the known terms, and the `rarity` of each; `topics` and `axes`: directions among
    terms and in the space of vectors; `centre`: what vectors are seen from, empty without any.
    """

    inputs: dict[str, Any]
    terms: NDArray[np.uint32]
    rarity: Floats
    topics: Floats
    centre: Floats
    axes: Floats | None
    cells: CellScale

    @classmethod
    def of(cls, seen: Columns, landmarks: Columns | None, tools: "Tools | None") -> Self:
        """Return the design of labelled texts; Unprocessable where there is nothing to see.

        `landmarks`: texts of the pool, whose words, vectors and numbers say what is common.
        """
        labelled = Features.of(seen)
        if not len(labelled.bags.ids) and labelled.vectors is None:
            raise Unprocessable("the labelled texts hold no words")
        around = None if landmarks is None else Features.of(landmarks)
        texts = [labelled] if around is None else [around, labelled]
        terms = known_terms(labelled.bags, around, 1)
        counts = [counts_of(each.bags, terms) for each in texts]
        tfidf = TfidfTransformer(sublinear_tf=True).fit(vstack(counts))
        topics = topics_of(tfidf.transform(vstack(counts).tocsr()[:_MOST_FOR_TOPICS]))
        centre, axes = _seen_from(texts), _axes(tools)
        cells = CellScale.of(seen if landmarks is None else joined([landmarks, seen]))
        inputs = {"bag": tfidf.transform(counts[-1])}
        inputs["topic"] = inputs["bag"] @ topics
        if labelled.vectors is not None:
            inputs["vector"] = centred(labelled.vectors, centre)
            if axes is not None:
                inputs["axes"] = inputs["vector"] @ axes
        inputs["cells"] = cells.rows(seen)
        inputs = {name: rows for name, rows in inputs.items() if rows.shape[1]}
        return cls(inputs, terms, tfidf.idf_, topics, centre, axes, cells)


def _seen_from(texts: Sequence[Features]) -> Floats:
    """Return the mean vector of all texts, labelled or not; empty without any vectors."""
    vectors = [each.vectors for each in texts if each.vectors is not None]
    return np.concatenate(vectors).mean(axis=0) if vectors else np.empty(0)


def _axes(tools: "Tools | None") -> Floats | None:
    """Return the axes as directions of vectors, None without an encoder."""
    if tools is None or not tools.encoder:
        return None
    ends = tools.vectors(ENDS)
    return directions(ends) if np.isfinite(ends).all() else None
