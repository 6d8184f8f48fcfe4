"""Models of candidates as they are stored: a linear score, or choices of a bucket."""

from typing import Final

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.candidates import FORMAT, NAME
from labelloop.recipes.candidates.answers import NAMED, answers_of
from labelloop.recipes.compared.items import ITEM_VECTORS, ITEMS, Items
from labelloop.recipes.compared.linear import Linear
from labelloop.recipes.protocol import Model
from labelloop.recipes.text.bags import BAGS, VECTORS, Features
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.probabilities import probabilities_of

_ZIP: Final = b"PK"  # the first bytes of scores; no graph starts with them


def loaded(artefact: bytes) -> Model:
    """Return a stored model; BadModel for any other bytes."""
    return StoredScores(artefact) if artefact.startswith(_ZIP) else StoredBuckets(artefact)


def scored(scorer: Linear, columns: Columns) -> Answers:
    """Return the score of each candidate."""
    items = Items.of(columns)
    return answers_of(scorer.scores(items)[:, 0], items.starts, columns.ragged(NAMED))


def sorted_by(model: Model, columns: Columns) -> Answers:
    """Return the probability of each bucket for each candidate, by a model of single texts."""
    items = Items.of(columns)
    rows = probabilities_of(model.answer(Features(items.bags, items.vectors).columns()))
    return answers_of(rows, items.starts, columns.ragged(NAMED), model.names)


def needs_of(has_vectors: bool) -> tuple[str, ...]:
    """Return the blocks that a model of candidates reads."""
    with_vectors = (ITEM_VECTORS, VECTORS) if has_vectors else ()
    return (BAGS, ITEMS, NAMED, *with_vectors)


class StoredScores:
    """A linear score of candidates. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes) -> None:
        self._scorer, facts = Linear.read(artefact, NAME, FORMAT)
        if self._scorer.bag.shape[1] != 1:
            raise BadModel("the model has more than one score for a candidate")
        self.names = ()
        self.encoder = str(facts["encoder"])
        self.needs = needs_of(bool(len(self._scorer.vector)))

    def answer(self, features: Columns) -> Answers:
        """Return the score of each candidate."""
        return scored(self._scorer, features)


class StoredBuckets:
    """A model of single texts that says which bucket each candidate goes to."""

    def __init__(self, artefact: bytes) -> None:
        self._model = OnnxModel(artefact)
        self.names = self._model.names
        self.encoder = self._model.encoder
        self.needs = needs_of(bool(self._model.dimensions))

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each bucket for each candidate."""
        return sorted_by(self._model, features)
