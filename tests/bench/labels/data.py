"""Sets as the models see them: features, made once by the product's own code and kept."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.columns import joined
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.label_names import words_of
from labelloop.recipes.text.terms import bags_of
from tests.bench.labels.packages import DOWNLOADS, NoSet
from tests.bench.labels.sources import COME_SPLIT, capped, text_sets

# Never looked at while the model and the strategies were made: they say what carries over.
UNSEEN = (
    *("editorials", "tweets by mood", "Debian packages"),
    *("drug reviews", "emoji in Thai", "emoji in Russian"),
)


# Where the built-in encoder sees little: it knows English, and more of topics than of tone.
FOR_E5 = (
    *("Slovenian opinions", "Chinese reviews"),
    *("emoji in Japanese", "emoji in Thai", "emoji in Russian"),
    *("film reviews", "product reviews", "editorials", "tweets by mood", "airline tweets"),
    *("drug reviews", "election tweets"),
)


@dataclass(frozen=True)
class Part:
    """The pool of a set, or its held-out texts."""

    texts: list[str]
    labels: NDArray[np.str_]
    features: Features

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> "Part":
        """Return some of the texts, in the order asked for."""
        texts = [self.texts[row] for row in rows]
        return Part(texts, self.labels[rows], self.features.take(rows))

    def joined(self, other: "Part") -> "Part":
        """Return the texts of both."""
        labels = np.concatenate([self.labels, other.labels])
        seen = joined([self.features.columns(), other.features.columns()])
        return Part(self.texts + other.texts, labels, Features.of(seen))


@dataclass(frozen=True)
class TextSet:
    """A set: its texts to label, and those to measure with."""

    name: str
    pool: Part
    test: Part
    comes_split: bool
    encoder: OnnxEncoder  # that made the vectors

    def drawn(self, seed: int) -> "TextSet":
        """Return the set as it comes or, if it comes in one piece, divided anew.

        Otherwise all runs would share the luck of one division: of some 600 held-out texts five
        decide a point.
        """
        if self.comes_split:
            return self
        every = self.pool.joined(self.test)
        rows = np.random.default_rng(10_000 + seed).permutation(len(every))
        held_out, pool = rows[: len(self.test)], rows[len(self.test) :]
        return replace(self, pool=every.take(pool), test=every.take(held_out))

    @property
    def names(self) -> dict[str, NDArray[np.float32]]:
        """The vector of each class's name."""
        classes = sorted({*self.pool.labels.tolist(), *self.test.labels.tolist()})
        vectors = _features([words_of(name) for name in classes], self.encoder).vectors
        assert vectors is not None
        return dict(zip(classes, vectors, strict=True))


def load(names: str = "", encoder: OnnxEncoder | None = None) -> Iterator[TextSet]:
    """Yield the sets that are to be had, or those of them that are named; say which are not.

    `encoder`: default: the built-in one.
    """
    encoder = encoder or _built_in()
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name, read in text_sets().items():
        if wanted and name not in wanted:
            continue
        try:
            pool, test = capped(read())
        except NoSet as exc:
            print(f"{name} left out: {exc}")
            continue
        parts = _part(pool, encoder), _part(test, encoder)
        yield TextSet(name, *parts, name in COME_SPLIT, encoder)


@cache
def commonest_share(name: str) -> float:
    """Return which share of a set's held-out texts have the commonest label of its pool."""
    pool, test = capped(text_sets()[name]())
    commonest = Counter(label for _, label in pool).most_common(1)[0][0]
    return sum(label == commonest for _, label in test) / len(test)


def _part(rows: list[tuple[str, str]], encoder: OnnxEncoder) -> Part:
    texts = [text for text, _ in rows]
    return Part(texts, np.array([label for _, label in rows]), _features(texts, encoder))


def _features(texts: list[str], encoder: OnnxEncoder) -> Features:
    """Return features of texts: vectors from the file they are kept in if it is there."""
    digest = sha256(json.dumps([encoder.name, texts]).encode()).hexdigest()[:16]
    path = DOWNLOADS / "vectors" / f"{digest}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, encoder.encode(texts))
    return Features(bags_of(texts), np.load(path))


@cache
def _built_in() -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.built_in(), threads=2)
