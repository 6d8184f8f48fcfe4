"""Peers' own code on the same model and features: logistic regression on the encoder's vectors.

Each function makes a way to choose of one library's strategy, called as its documentation says.
"""

import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from labelloop.domain.ordering.strategies import DEFAULT
from tests.bench.labels.curves import Choose, Curve, Rows, campaign
from tests.bench.labels.systems import in_order, strategy

START, BATCH, LABELS = 20, 25, 270
SIZES: Final = range(START, LABELS + 1, BATCH)
OURS: Final = f"Labelloop {DEFAULT}"
RANDOM: Final = "random"

type Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Rounds:
    """One campaign's data: vectors and labels, as numbers, of a pool and of held-out rows."""

    vectors: Floats
    labels: NDArray[np.int64]
    test: Floats
    test_labels: NDArray[np.int64]
    seed: int

    def fit(self, rows: Rows) -> LogisticRegression:
        """Return the model that all strategies share."""
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
        return model.fit(self.vectors[rows], self.labels[rows])

    def learn(self, rows: Rows) -> tuple[float, Floats]:
        """Train; return the accuracy on the held-out rows, and probabilities of the pool."""
        model = self.fit(rows)
        right = model.predict(self.test) == self.test_labels
        return float(right.mean()), model.predict_proba(self.vectors)

    def left(self, labelled: Rows) -> Rows:
        """Return the rows that are not labelled."""
        return np.setdiff1d(np.arange(len(self.labels)), labelled)

    def partly_labelled(self, labelled: Rows) -> Floats:
        """Return all labels, not a number where nobody labelled."""
        labels = np.full(len(self.labels), np.nan)
        labels[labelled] = self.labels[labelled]
        return labels


def curves(rounds: Rounds, wanted: Collection[str]) -> dict[str, Curve]:
    """Return the curve of each strategy wanted; all start from the same random labels."""
    warnings.filterwarnings("ignore")  # the peers' own
    order = np.random.default_rng(rounds.seed).permutation(len(rounds.labels))
    start = order[:START]
    while len(set(rounds.labels[start])) < 2:
        start = order[: len(start) + 1]
    ways: dict[str, Callable[[Rounds], Choose]] = {
        OURS: lambda _: strategy(DEFAULT, order, rounds.vectors, rounds.seed),
        RANDOM: lambda _: in_order(order),
        **PEERS,
    }
    return {
        name: campaign(rounds.learn, make(rounds), SIZES, start, rounds.labels)
        for name, make in ways.items()
        if name in wanted
    }


def _skactiveml(name: str, needs_model: bool) -> Callable[[Rounds], Choose]:
    def make(rounds: Rounds) -> Choose:
        from skactiveml import pool
        from skactiveml.classifier import SklearnClassifier

        classes = np.unique(rounds.labels)
        asks = getattr(pool, name)(random_state=rounds.seed)

        def choose(labelled: Rows, _: Any, size: int) -> Rows:
            known: dict[str, Any] = {"X": rounds.vectors, "y": rounds.partly_labelled(labelled)}
            if needs_model:
                model = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
                known["clf"] = SklearnClassifier(model, classes=classes)
            return np.asarray(asks.query(**known, batch_size=size))

        return choose

    return make


def _small_text(name: str) -> Callable[[Rounds], Choose]:
    def make(rounds: Rounds) -> Choose:
        import small_text

        asks = getattr(small_text, name)()
        data = small_text.SklearnDataset(rounds.vectors, rounds.labels)

        def choose(labelled: Rows, _: Any, size: int) -> Rows:
            model = small_text.SklearnClassifier(rounds.fit(labelled), len(set(rounds.labels)))
            left, labels = rounds.left(labelled), rounds.labels[labelled]
            more = {} if name == "BreakingTies" else {"embeddings": rounds.vectors, "pbar": None}
            return np.asarray(asks.query(model, data, left, labelled, labels, n=size, **more))

        return choose

    return make


def _modal(rounds: Rounds) -> Choose:
    from modAL.batch import uncertainty_batch_sampling
    from modAL.models import ActiveLearner

    def choose(labelled: Rows, _: Any, size: int) -> Rows:
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
        known = rounds.vectors[labelled], rounds.labels[labelled]
        learner = ActiveLearner(model, uncertainty_batch_sampling, *known)
        left = rounds.left(labelled)
        return left[learner.query(rounds.vectors[left], n_instances=size)[0]]

    return choose


def _active_lab(rounds: Rounds) -> Choose:
    from cleanlab.multiannotator import get_active_learning_scores

    def choose(labelled: Rows, probabilities: Any, size: int) -> Rows:
        left = rounds.left(labelled)
        places = np.unique(rounds.labels[labelled], return_inverse=True)[1]
        votes, own = places[:, None], probabilities[labelled]
        scores = get_active_learning_scores(votes, own, probabilities[left])[1]
        return left[np.argsort(scores, kind="stable")[:size]]

    return choose


PEERS: Final[dict[str, Callable[[Rounds], Choose]]] = {
    "scikit-activeml TypiClust": _skactiveml("TypiClust", False),
    "scikit-activeml ProbCover": _skactiveml("ProbCover", False),
    "scikit-activeml Falcun": _skactiveml("Falcun", True),
    "scikit-activeml DropQuery": _skactiveml("DropQuery", True),
    "small-text BreakingTies": _small_text("BreakingTies"),
    "small-text GreedyCoreset": _small_text("GreedyCoreset"),
    "modAL ranked batch": _modal,
    "cleanlab ActiveLab": _active_lab,
}
