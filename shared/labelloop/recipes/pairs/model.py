"""A model of pairs as it is stored: two scores, and the odds that they make."""

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.compared.items import Items, Vectors, unit
from labelloop.recipes.compared.linear import Linear
from labelloop.recipes.pairs import FORMAT, NAME
from labelloop.recipes.pairs.control import SIDES
from labelloop.recipes.text.probabilities import answers_of


def joint(vectors: Vectors, _: NDArray[np.int64]) -> Vectors:
    """Return both texts' vectors side by side, of unit length.

    Typical differences are no better than a random order; typical pairs are.
    """
    return unit(np.concatenate([vectors[0::2], vectors[1::2]], axis=1))


def answers_by(scorer: Linear, columns: Columns) -> Answers:
    """Return the probability of each side for each pair, by the odds of Bradley and Terry."""
    return answers_of(odds_of(scorer.scores(Items.of(columns))[:, 0]), SIDES)


def odds_of(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the probabilities of both sides by the scores of both texts, in turn."""
    gaps = np.asarray(scores[0::2] - scores[1::2], np.float64)
    left, right = (np.exp(-np.logaddexp(0, sign * gaps)) for sign in (-1, 1))
    return np.asarray(np.stack([left, right], axis=1), np.float32)


class StoredPairs:
    """A model loaded from its artefact. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes) -> None:
        self._scorer, facts = Linear.read(artefact, NAME, FORMAT)
        if self._scorer.bag.shape[1] != 1:
            raise BadModel("the model has more than one score for a text")
        self.names = SIDES
        self.encoder = str(facts["encoder"])
        self.needs = self._scorer.needs

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each side for each pair."""
        return answers_by(self._scorer, features)
