"""Whole systems: Labelloop as it is, and what most have: TF-IDF and logistic regression."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.ordering.strategies import DEFAULT, STRATEGIES, select
from labelloop.domain.ordering.unlabelled import SelectionInput
from labelloop.recipes import control_of
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE
from labelloop.usecases.ordering.order import queue_of
from tests.bench.labels import e5
from tests.bench.labels.curves import Choose, Curve, Learn, Rows, campaign
from tests.bench.labels.data import TextSet, load
from tests.builders import label_config

BUDGET: Final = 500
SIZES: Final = (*range(10, 200, 10), *range(200, BUDGET + 1, 50))
FIRST_SIZES: Final = (*range(10, 60, 10), 75, 100, 125, 150, 175, 200)  # to compare orders at
TFIDF_SIZES: Final = range(20, BUDGET + 1, 20)
TFIDF_SIZES_IN_ORDER: Final = (20, 50, *range(100, BUDGET + 1, 100))
LANDMARKS: Final = 1_000
TERMS: Final[dict[str, dict[str, Any]]] = {  # words are split at blanks, which not all scripts have
    "TF-IDF": {"ngram_range": (1, 2)},
    "TF-IDF of characters": {"analyzer": "char", "ngram_range": (1, 4)},
}
CONTROL: Final = control_of(label_config())
OURS: Final = "Labelloop"
WITH_E5: Final = f"{OURS} with e5"  # of `data.FOR_E5`


def labelloop(
    data: TextSet, seed: int, order: str = DEFAULT, sizes: Sequence[int] = SIZES
) -> Curve:
    """Return Labelloop's curve from zero labels: its model, its queue with the random share."""
    ids = np.random.default_rng(seed).permutation(len(data.pool))
    return campaign(
        our_model(data),
        _our_queue(data.pool.features.columns(), ids, order, str(seed)),
        sizes,
        np.empty(0, np.int64),
        data.pool.labels,
    )


def with_e5(data: TextSet, seed: int) -> Curve:
    """Return the curve of `labelloop` beside an encoder that knows the language of the texts."""
    (same,) = load(data.name, e5.encoder())
    return labelloop(same.drawn(seed), seed)


def tfidf(data: TextSet, seed: int, terms: str) -> Curve:
    """Return the curve of TF-IDF and logistic regression in random order. `terms`: of TERMS."""
    start, order = _shuffled(data, seed)
    sizes = TFIDF_SIZES_IN_ORDER
    return campaign(_tfidf(data, terms), in_order(order), sizes, start, data.pool.labels)


def tfidf_by_margin(data: TextSet, seed: int) -> Curve:
    """Return the curve by smallest margin, with the terms that are better in random order."""
    start, order = _shuffled(data, seed)
    learns = [_tfidf(data, terms) for terms in TERMS]
    learn = max(learns, key=lambda learn: learn(order[:BUDGET])[0])
    while len(set(data.pool.labels[start])) < 2:  # no margins with one class
        start = order[: len(start) + 1]
    return campaign(learn, by_smallest_margin, TFIDF_SIZES, start, data.pool.labels)


def _shuffled(data: TextSet, seed: int) -> tuple[Rows, Rows]:
    """Return the rows that baselines start with, and all, in the order of a seed."""
    order = np.random.default_rng(seed).permutation(len(data.pool))
    return order[: TFIDF_SIZES[0]], order


def our_model(data: TextSet) -> Learn:
    """Return how Labelloop learns, without the detour of the artefact, which answers the same."""
    drawn = np.random.default_rng(7).permutation(len(data.pool))[:LANDMARKS]
    landmarks, names = data.pool.features.take(drawn), data.names

    def learn(labelled: Rows) -> tuple[float, NDArray[np.floating]]:
        known = data.pool.features.take(labelled)
        model = FittedModel(known, _of(data, labelled).tolist(), landmarks, names)
        answers = model.predict_proba(data.test.features).argmax(axis=1)
        right = np.array(model.names)[answers] == data.test.labels
        return float(right.mean()), model.predict_proba(data.pool.features)

    return learn


def _our_queue(pool: Columns, ids: Rows, order: str, salt: str) -> Choose:
    """Return a way to choose: the head of the queue that Label Studio would be given."""

    def choose(labelled: Rows, probabilities: NDArray[np.floating] | None, size: int) -> Rows:
        left = np.setdiff1d(np.arange(len(ids)), labelled)
        answers = None if probabilities is None else _answers(probabilities[left])
        found = Shortlist(ids[left], pool.take(left), answers)
        queue = queue_of(found, pool.take(labelled), CONTROL, order, size, salt)
        return left[[row for row, _ in queue]]

    return choose


def _tfidf(data: TextSet, terms: str) -> Learn:
    """Return how the usual backend learns: from terms that are in labelled texts.

    The fit is on the rows' principal axes: the same solution, since the penalty does not turn with
    them, in a fraction of the time.
    """
    counts = _counts(data, terms)

    def learn(labelled: Rows) -> tuple[float, NDArray[np.floating]]:
        met = np.unique(counts[labelled].indices)
        weights = TfidfTransformer().fit(counts[labelled][:, met])
        rows = weights.transform(counts[:, met])
        known = rows[labelled]
        sizes, axes = eigh((known @ known.T).toarray())
        kept = sizes > 1e-9 * sizes[-1]
        turned = (rows @ known.T).toarray() @ (axes[:, kept] / np.sqrt(sizes[kept]))
        model = LogisticRegression(C=10, max_iter=300).fit(turned[labelled], _of(data, labelled))
        right = model.predict(turned[len(data.pool) :]) == data.test.labels
        return float(right.mean()), model.predict_proba(turned[: len(data.pool)])

    return learn


_COUNTED: Final[dict[tuple[str, str], tuple[dict[str, int], csr_matrix]]] = {}


def _counts(data: TextSet, terms: str) -> csr_matrix:
    """Return how often each text of a set has each term: the pool's, then the held-out ones'."""
    texts, key = data.pool.texts + data.test.texts, (data.name, terms)
    if key not in _COUNTED:
        if any(name != data.name for name, _ in _COUNTED):
            _COUNTED.clear()  # long texts have many terms
        rows = {text: row for row, text in enumerate(texts)}
        _COUNTED[key] = rows, CountVectorizer(**TERMS[terms]).fit_transform(texts)
    rows, counted = _COUNTED[key]
    return counted[[rows[text] for text in texts]]


def _of(data: TextSet, rows: Rows) -> NDArray[np.str_]:
    return data.pool.labels[rows]


def strategy(name: str, ids: Rows, vectors: NDArray | None, seed: int) -> Choose:
    """Return one of Labelloop's strategies as a way to choose."""

    def choose(labelled: Rows, probabilities: NDArray[np.floating] | None, size: int) -> Rows:
        left = np.setdiff1d(np.arange(len(ids)), labelled)
        assert vectors is not None
        reading = None if probabilities is None else MEASURE.reading(_answers(probabilities[left]))
        by_id = labelled[np.argsort(ids[labelled])]  # clusters depend on an order: this is as good
        pool = SelectionInput(ids[left], vectors[left], vectors[by_id], reading)
        return left[select(name, pool, size, seed * 1_000 + len(labelled))]

    return choose


def _answers(probabilities: NDArray[np.floating]) -> Answers:
    return answers_of(probabilities, [str(code) for code in range(probabilities.shape[1])])


def in_order(order: Rows) -> Choose:
    """Return a way to choose that follows an order."""

    def choose(labelled: Rows, _: object, size: int) -> Rows:
        return order[len(labelled) : len(labelled) + size]

    return choose


def by_smallest_margin(labelled: Rows, probabilities: NDArray | None, size: int) -> Rows:
    """Choose where the two likeliest classes are closest."""
    assert probabilities is not None
    top = np.sort(probabilities, axis=1)
    gaps = top[:, -1] - top[:, -2]
    gaps[labelled] = np.inf
    return np.argsort(gaps, kind="stable")[:size]


ORDERS: Final[dict[str, Callable[[TextSet, int], Curve]]] = {
    name: partial(labelloop, order=name, sizes=FIRST_SIZES) for name in STRATEGIES
}
SYSTEMS: Final[dict[str, Callable[[TextSet, int], Curve]]] = {
    OURS: labelloop,
    WITH_E5: with_e5,
    **{f"{terms}, random": partial(tfidf, terms=terms) for terms in TERMS},
    "TF-IDF, margin": tfidf_by_margin,
}
