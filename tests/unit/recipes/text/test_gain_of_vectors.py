"""What vectors add to words and n-grams, out of fold."""

import numpy as np
import pytest

from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from tests.builders import label_config
from tests.tiny_encoder import CountingEncoder


class Meanings(CountingEncoder):
    """Knows what texts mean, as far as `knows`: their labels, and the rest is chance."""

    dimensions = 8

    def __init__(self, meanings: dict[str, str], knows: float) -> None:
        super().__init__()
        self._meanings, self._knows = meanings, knows

    def encode(self, texts):
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(len(texts), self.dimensions))
        for row, text in enumerate(texts):
            vectors[row, 0] += self._knows * (-1) ** (self._meanings.get(text) == "Positive")
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def facts_beside(encoder_knows: float | None, words_tell: bool = False, rows: int = 120):
    rng = np.random.default_rng(1)
    labels = [str(one) for one in rng.choice(["Positive", "Negative"], rows)]
    texts = [" ".join(rng.choice(list("abcdefghij"), 6)) + f" {row}" for row in range(rows)]
    if words_tell:
        texts = [f"{text} {label}" for text, label in zip(texts, labels, strict=True)]
    encoder = Meanings(dict(zip(texts, labels, strict=True)), encoder_knows or 0)
    tools = Toolbox(encoder.name, lambda: encoder) if encoder_knows is not None else Toolbox()
    control = control_of(label_config())
    return control.fit(labels, control.features(texts, tools), None, tools).packed().facts


def test_an_encoder_that_knows_what_texts_mean_adds_much():
    gain = facts_beside(3.0)["vectors_add"]

    assert gain["log_loss"] > 0.2
    assert gain["hits"] > 0.2
    assert gain["rows"] == 120
    assert gain["without"] < 0.7


@pytest.mark.parametrize("words_tell", [False, True])
def test_one_that_knows_nothing_adds_nothing(words_tell):
    gain = facts_beside(0.0, words_tell)["vectors_add"]

    assert -0.1 < gain["log_loss"] < 0.03
    assert (gain["without"] > 0.9) == words_tell


def test_without_an_encoder_there_is_nothing_to_say():
    assert "vectors_add" not in facts_beside(None)
