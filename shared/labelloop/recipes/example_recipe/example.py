"""A recipe of one's own: a choice about a text, learnt by naive Bayes on its words.

Change `fit` and `answer` to learn in another way, `features` for what is seen of a text. What a
recipe may do is in `labelloop.recipes.protocol`; `labelloop recipe check` says whether it does.

One of the functions has no numpy and loads this module all the same: import numpy, and all that
needs it, within the methods that use it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from zlib import crc32

from labelloop.errors import BadModel
from labelloop.recipes.text_choices import config as choices
from labelloop.recipes.text_choices.control import TextChoices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.protocol import Tools, Trained

NAME = "example"  # stored with each version: never change it
FORMAT = 1  # raise it when features or artefacts change their meaning
WIDTH = 512  # places that words are counted in


@dataclass(frozen=True, slots=True)
class Control(TextChoices):
    """The recipe bound to one project's label config.

    How `<Choices>` about a text are read, compared and shown comes from the built-in recipe. What
    is seen of a text, and how that is learnt, is our own.
    """

    recipe = NAME

    @property
    def law(self) -> Any:
        """Return None: we don't know how many labels an active order saves."""
        return None

    def features(
        self, inputs: Sequence[str], tools: Tools, only: Collection[str] | None = None
    ) -> Columns:
        """Return how often each word is in a text. `tools.vectors(inputs)` would encode texts."""
        import numpy as np

        from labelloop.domain.columns import Columns

        words = np.zeros((len(inputs), WIDTH), np.float32)
        for row, text in enumerate(inputs):
            for word in text.casefold().split():
                words[row, crc32(word.encode("utf-8", "surrogatepass")) % WIDTH] += 1
        return Columns(len(inputs), {"words": words})

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Tasks are told apart by their words."""
        return ("words",)

    def vectors(self, features: Columns) -> NDArray[Any]:
        """Return unit vectors that are close for texts with the same words."""
        import numpy as np

        words = words_of(features)
        unit: NDArray[Any] = words / np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1)
        return unit

    def fit(
        self,
        labels: Sequence[str],
        features: Columns,
        pool: Columns | None = None,
        tools: Tools | None = None,
    ) -> Model:
        """Count the words of each class."""
        import numpy as np

        names = tuple(sorted(set(labels)))
        is_of = np.array([[name == label for name in names] for label in labels], np.float32)
        words = words_of(features)
        counts = is_of.T @ words  # shape (classes, WIDTH)
        # For each label the answer of a model that has not learnt it: it is taken out again.
        without = counts[None] - is_of[:, :, None] * words[:, None]
        sizes = is_of.sum(axis=0)[None] - is_of
        answers = np.stack(
            [probabilities(one, *left)[0] for one, left in _each(words, without, sizes)]
        )
        return Model(names, counts, is_of.sum(axis=0), answers)

    def load(self, artefact: bytes) -> Model:
        """Return a stored model."""
        return RECIPE.load(artefact)


def _each(words: Any, counts: Any, sizes: Any) -> list[tuple[Any, tuple[Any, Any]]]:
    return [(words[row : row + 1], (counts[row], sizes[row])) for row in range(len(words))]


def words_of(features: Columns) -> NDArray[Any]:
    """Return the block that `features` made; of no task it may be missing."""
    import numpy as np

    block = features.array("words")
    return np.zeros((0, WIDTH), np.float32) if block is None else block


def probabilities(words: Any, counts: Any, sizes: Any) -> NDArray[Any]:
    """Return the probability of each class, shape (texts, classes), by Bayes' rule."""
    import numpy as np

    smoothed = counts + 0.5
    by_word = np.log(smoothed / smoothed.sum(axis=1, keepdims=True))
    logits = words @ by_word.T + np.log(sizes + 0.5)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    shares: NDArray[Any] = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


@dataclass(frozen=True)
class Model:
    """A model, fitted or loaded; `out_of_fold` is there of a fitted one alone."""

    names: tuple[str, ...]
    counts: Any
    sizes: Any
    out_of_fold: Any = None
    encoder: str = ""  # it needs no vectors
    needs: tuple[str, ...] = ("words",)

    def answer(self, features: Columns) -> Answers:
        """Return probabilities, as `Choices` are compared by."""
        from labelloop.recipes.text.probabilities import answers_of

        return answers_of(probabilities(words_of(features), self.counts, self.sizes), self.names)

    def packed(self) -> Trained:
        """Return the model as JSON."""
        from labelloop.recipes.protocol import Trained
        from labelloop.recipes.text.probabilities import answers_of

        stored = {"counts": self.counts.tolist(), "sizes": self.sizes.tolist()}
        artefact = json.dumps({"names": self.names} | stored).encode()
        return Trained(artefact, {"words": WIDTH}, answers_of(self.out_of_fold, self.names))


class Recipe:
    """What Labelloop looks for: its name, its format, and what it reads and loads."""

    name = NAME
    format = FORMAT

    def read(self, config: LabelConfig) -> Control | None:
        """Return the control of a label config, None if it has none of this kind."""
        found = choices.read(config)
        if found is None:
            return None
        return Control(**{field.name: getattr(found, field.name) for field in fields(found)})

    def why_not(self, config: LabelConfig) -> str:
        """Return why there is none, for the author of the config."""
        return choices.why_none(config)

    def load(self, artefact: bytes) -> Model:
        """Return a stored model; BadModel for what is none."""
        import numpy as np

        try:
            stored = json.loads(artefact)
            names, sizes = tuple(stored["names"]), np.array(stored["sizes"], np.float32)
            return Model(names, np.array(stored["counts"], np.float32), sizes)
        except (ValueError, KeyError, TypeError) as exc:
            raise BadModel(f"no model of {NAME}") from exc


RECIPE = Recipe()
