"""Learn which items of a task people place higher: experts on terms, vectors and traits, pooled.

The odds that one item is placed above another are those of Bradley and Terry (1952): each item has
a score of its own, so where the items stand in a task says nothing, and swapping two of them swaps
the answer. An expert is a ridge regression of each item's place within its task, on the item's
features within its task: the same fit as on the differences of all pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, eye_array, vstack
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.recipes.compared.items import Items
from labelloop.recipes.compared.linear import Linear
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.pooling import sharpness_of
from labelloop.recipes.text.ridge import Codes, Floats, Ridge, Scorer
from labelloop.recipes.text.stretch import stretch_of

_PRIOR: Final = {"bag": 6.0, "vector": 6.0, "traits": 1.0, "anchor": 8.0}  # sharpness at first
_PENALTIES: Final = {"bag": 0.3, "vector": 1.0, "traits": 10.0}
_CANDIDATES: Final = {"vector": (0.3, 3.0), "bag": (0.1, 1.0)}
_WORTH: Final = 2.0  # log-likelihood in all, out of fold, that another penalty has to gain
_MOST_TO_TUNE: Final = 400  # tasks
_MOST_PAIRS: Final = 20_000  # of items, that the sharpness is learnt of
_FEW: Final = 1_000  # items
_FOLDS, _FOLDS_OF_MANY = 10, 3


@dataclass(frozen=True, slots=True)
class Places:
    """What to fit: where each item stands within its task, higher is better, 0 in the mean.

    A whole task is held out, as its items' places depend on each other. See `ridge.Target`.
    """

    targets: Floats
    tasks: Codes

    @property
    def weights(self) -> Floats:
        """All items weigh the same."""
        return np.ones(len(self.targets))

    def of(self, rows: Codes) -> "Places":
        """Return the places of some items."""
        return Places(self.targets[rows], self.tasks[rows])

    def folds(self) -> list[tuple[Codes, Codes]]:
        """Return held-out items and the others, for each fold."""
        folds = _FOLDS if len(self.tasks) <= _FEW else _FOLDS_OF_MANY
        fold = self.tasks % folds
        parts = [(np.flatnonzero(fold == i), np.flatnonzero(fold != i)) for i in range(folds)]
        return [part for part in parts if len(part[0]) and len(part[1])]


@dataclass(frozen=True)
class Learnt:
    """A scorer of items, and each item's score by a model that has not learnt its task."""

    scorer: Linear
    out_of_fold: Floats
    facts: dict[str, Any]


@dataclass(frozen=True)
class _Pooled:
    scorers: dict[str, Scorer]
    sharpness: dict[str, float]
    out_of_fold: Floats
    loss: float


class _Experts:
    """The experts' inputs for the items, and where those stand, to fit with any penalties.

    `fixed`: scores of items that depend on no label, by expert.
    """

    def __init__(
        self, inputs: Mapping[str, Any], fixed: Mapping[str, Floats], places: Places
    ) -> None:
        self._inputs, self._fixed, self._places = inputs, fixed, places
        self._ridges = {name: Ridge(rows) for name, rows in inputs.items()}
        self._pairs = _pairs(places)
        self._fitted: dict[tuple[str, float], Scorer] = {}

    def tuned(self) -> dict[str, float]:
        """Return the penalties that do best out of fold, tuned one after the other."""
        first = self._first()
        best = {name: _PENALTIES[name] for name in self._inputs}
        least = first.pooled(best).loss
        for name, candidates in _CANDIDATES.items():
            for value in candidates if name in best else ():
                loss = first.pooled(best | {name: value}).loss
                if loss < least - _WORTH:
                    best, least = best | {name: value}, loss
        return best

    def pooled(self, penalties: Mapping[str, float]) -> _Pooled:
        """Fit all experts, and learn what to multiply each one's scores by."""
        scorers = {name: self._scorer(name, penalties[name]) for name in self._ridges}
        scored = {n: s.out_of_fold[:, 0] for n, s in scorers.items()} | dict(self._fixed)
        scores = np.stack(list(scored.values()))
        prior = np.log([_PRIOR[name] for name in scored])
        above = np.tile([1.0, 0.0], (len(self._pairs), 1))  # the first of a pair stands higher
        sharpness, loss = sharpness_of(scores[:, self._pairs], above, prior)
        by_name = dict(zip(scored, sharpness.tolist(), strict=True))
        return _Pooled(scorers, by_name, sharpness @ scores, loss)

    def _scorer(self, name: str, penalty: float) -> Scorer:
        """Return an expert fitted with a penalty, each once: tuning changes one at a time."""
        if (name, penalty) not in self._fitted:
            self._fitted[name, penalty] = self._ridges[name].fit(self._places, penalty)
        return self._fitted[name, penalty]

    def _first(self) -> "_Experts":
        """Return the experts on the first tasks: more don't change what is chosen."""
        rows = np.flatnonzero(self._places.tasks < _MOST_TO_TUNE)
        if len(rows) == len(self._places.tasks):
            return self
        inputs = {name: every[rows] for name, every in self._inputs.items()}
        fixed = {name: scores[rows] for name, scores in self._fixed.items()}
        return _Experts(inputs, fixed, self._places.of(rows))


def learnt(
    items: Items, standing: Floats, pool: Items | None = None, anchor: Floats | None = None
) -> Learnt:
    """Learn from items and where people placed each one, higher is better, equal for a tie.

    `pool`: items of tasks without a label, which tell how common terms are and how vectors differ.
    `anchor`: the direction in which vectors should stand higher, before any label; unit length.
    """
    around = Features(pool.bags) if pool is not None and len(pool.bags) else None
    terms = known_terms(items.bags, around, 1)
    counts = counts_of(items.bags, terms)
    every = counts if around is None else vstack([counts, counts_of(around.bags, terms)])
    tfidf = TfidfTransformer(sublinear_tf=True).fit(every)
    within = _within(items)
    spread = np.maximum((within @ items.traits).std(axis=0), 1e-3)
    inputs = {"bag": within @ tfidf.transform(counts), "traits": within @ items.traits / spread}
    fixed = {}
    if items.vectors is not None:
        parts = [part.vectors for part in (items, pool) if part and part.vectors is not None]
        stretch = stretch_of(np.concatenate(parts))
        differences = within @ items.vectors
        inputs["vector"] = differences @ stretch
        if anchor is not None:
            fixed["anchor"] = differences @ anchor
    experts = _Experts(inputs, fixed, Places((within @ standing)[:, None], items.tasks))
    penalties = experts.tuned()
    pooled = experts.pooled(penalties)
    weights = {n: pooled.sharpness[n] * s.coefficients for n, s in pooled.scorers.items()}
    vector = stretch @ weights["vector"] if "vector" in weights else np.empty((0, 1))
    if "anchor" in fixed and anchor is not None:  # linear in the vector, too
        vector = vector + pooled.sharpness["anchor"] * anchor[:, None]
    scorer = Linear(
        terms,
        _floats(tfidf.idf_[: len(terms)]),
        _floats(weights["bag"][: len(terms)]),
        _floats(vector),
        _floats(weights["traits"] / spread[:, None]),
        np.zeros(1, np.float32),
    )
    sharpness = {name: round(value, 3) for name, value in pooled.sharpness.items()}
    facts = {"terms": len(terms), "penalties": penalties, "sharpness": sharpness}
    return Learnt(scorer, pooled.out_of_fold, facts)


def _within(items: Items) -> Any:
    """Return the matrix that takes the mean of its task from each item. Shape (items, items)."""
    tasks, n = items.tasks, len(items.tasks)
    of_task = csr_matrix((np.ones(n), (tasks, np.arange(n))), shape=(len(items), n))
    sizes = np.maximum(np.diff(items.starts), 1)
    shares = csr_matrix((1 / sizes[tasks], (np.arange(n), tasks)), shape=(n, len(items)))
    return eye_array(n, format="csr") - shares @ of_task


def _pairs(places: Places) -> NDArray[np.int64]:
    """Return items of one task, the one that stands higher first. Shape (pairs, 2)."""
    found = []
    for rows in np.split(np.arange(len(places.tasks)), np.flatnonzero(np.diff(places.tasks)) + 1):
        place = places.targets[rows, 0]
        higher, lower = np.nonzero(place[:, None] > place[None, :] + 1e-9)
        found.append(np.column_stack([rows[higher], rows[lower]]))
    pairs = np.concatenate([np.empty((0, 2), np.int64), *found])
    if len(pairs) > _MOST_PAIRS:
        pairs = pairs[np.linspace(0, len(pairs) - 1, _MOST_PAIRS).astype(np.int64)]
    return pairs


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)
