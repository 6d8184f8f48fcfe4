"""What tuning the encoder brings: on sets of tone, of which it is for, and on sets of topics.

    make bench-labels ARGS='--tuned PYTHON [--seeds 1 --sets R8]'

PYTHON has torch, as `labelloop tune --python` takes it. Labels are given in random order. Settings
were chosen by film reviews, product reviews and R8. What was measured is kept.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.encoder_source import Hub
from labelloop.cli.tuning.checkpoint import Checkpoint, checkpoint
from labelloop.cli.tuning.graph import encoder_of
from labelloop.cli.tuning.training import tune
from labelloop.cli.tuning.trial import Labelled, tried
from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.label_names import words_of
from tests.bench.labels.curves import Curve, mean
from tests.bench.labels.data import TextSet, load
from tests.bench.labels.systems import CONTROL
from tests.bench.report import Finding

TONE: Final = "editorials", "tweets by mood", "film reviews", "product reviews"
TOPICS: Final = "Snips", "Debian packages", "R8", "20 Newsgroups"
TRIED_AT: Final = 133  # labels: 1.5 times as many are 200
TUNED: Final = (TRIED_AT, 200)
PLAIN: Final = (50, 67, 100, TRIED_AT, 200, 300)
GOALS: Final = (200, 300)  # labels of the plain encoder, whose accuracy is to be reached
HELD_OUT, LANDMARKS, UNLABELLED = 1_000, 500, 200


@dataclass(frozen=True)
class Tuned:
    """A set, measured beside the plain and the tuned encoder, with the labels of one seed."""

    name: str
    seed: int
    python: str

    def run(self, folder: Path) -> dict[str, Any]:
        """Return what was measured; it is kept in a folder."""
        path = folder / f"tuned {self.name} {self.seed}.json"
        if not path.is_file():
            (every,) = load(self.name)
            path.write_text(json.dumps(self._measured(every.drawn(self.seed))))
            print(f"tuned: {self.name}, seed {self.seed}: {path.read_text()}", flush=True)
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def _measured(self, data: TextSet) -> dict[str, Any]:
        start = plain_weights(self.python)
        order = np.random.default_rng(self.seed).permutation(len(data.pool))
        side = _Side(data, order)
        verdict, _ = tried(side.labelled(TRIED_AT), start, self.python, lambda done, of: None)
        sizes = TUNED if self.name in TONE else TUNED[:1] if verdict.switches else ()
        curve = []
        for size in sizes:
            run = side.labelled(size)
            (weights,) = tune(start, [(run.texts, run.labels)], self.python, lambda done, of: None)
            curve.append((size, side.accuracy(size, encoder_of(start, weights, 1))))
        plain = [(size, side.accuracy(size, None)) for size in PLAIN]
        return {"plain": plain, "tuned": curve, "switches": verdict.switches, **verdict.numbers}


class _Side:
    """A set with its labels in an order, and the accuracy of the product's models on it."""

    def __init__(self, data: TextSet, order: NDArray[np.int64]) -> None:
        self._data, self._order = data, order
        self._held_out = data.test.take(np.arange(min(HELD_OUT, len(data.test))))
        self._landmarks = data.pool.take(order[::-1][:LANDMARKS])

    def labelled(self, size: int) -> Labelled:
        """Return the first texts in their order, as the product's own trial takes them."""
        known = self._data.pool.take(self._order[:size])
        others = self._landmarks.texts[:UNLABELLED]
        return Labelled(known.texts, known.labels.tolist(), others, CONTROL)

    def accuracy(self, size: int, encoder: OnnxEncoder | None) -> float:
        """Return how many held-out texts are right, by a model of the first labels.

        None: beside the plain encoder, whose vectors are stored.
        """
        known = self._data.pool.take(self._order[:size])
        names = self._data.names
        if encoder:
            named = encoder.encode([words_of(name) for name in names])
            names = dict(zip(names, named, strict=True))
        learnt, around, asked = (
            _seen_by(encoder, part.texts, part.features)
            for part in (known, self._landmarks, self._held_out)
        )
        model = FittedModel(learnt, known.labels.tolist(), around, names)
        answers = np.array(model.names)[model.predict_proba(asked).argmax(axis=1)]
        return float((answers == self._held_out.labels).mean())


def _seen_by(encoder: OnnxEncoder | None, texts: list[str], plain: Features) -> Features:
    return Features(plain.bags, encoder.encode(texts)) if encoder else plain


@cache
def plain_weights(python: str) -> Checkpoint:
    """Return the weights of the built-in encoder."""
    return checkpoint("", Hub(""), python)


def findings(measured: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Finding]:
    """Yield what tuning saves on sets of tone, and what the gate's answers cost on others."""
    for goal in GOALS:
        ratios = []
        for name in TONE:
            runs = measured.get(name, ())
            if not runs:
                continue
            plain, tuned = mean(_curves(runs, "plain")), mean(_curves(runs, "tuned"))
            ratios.append(goal / (labels_to_reach(dict(plain)[goal], tuned) or np.inf))
            told = f"fewer labels with tuning than without at {goal}, {name}"
            yield Finding(told, ratios[-1], "times", 1.5, at_least=True)
        if ratios:
            told = f"fewer labels with tuning than without at {goal}, geometric mean of tone"
            among = float(np.exp(np.mean(np.log(np.maximum(ratios, 0.1)))))
            yield Finding(told, among, "times", 1.5, at_least=True)
    for name, runs in measured.items():
        gains = np.array([_gain(run) for run in runs])
        told = f"accuracy by the gate's answer less plain at {TRIED_AT}, {name}"
        error = (0.25 / HELD_OUT / len(runs)) ** 0.5
        yield Finding(told, float(gains.mean()), "accuracy", -error, at_least=True)
        accepted = float(np.mean([run["switches"] for run in runs]))
        least = 0.5 if name in TONE else 0.0
        yield Finding(f"the gate accepts, {name}", accepted, "share", least, at_least=True)


def _curves(runs: Sequence[Mapping[str, Any]], way: str) -> list[Curve]:
    return [[(size, accuracy) for size, accuracy in run[way]] for run in runs]


def _gain(run: Mapping[str, Any]) -> float:
    if not run["switches"]:
        return 0.0
    return float(dict(run["tuned"])[TRIED_AT] - dict(run["plain"])[TRIED_AT])
