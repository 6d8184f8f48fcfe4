"""What tuning the encoder brings: on sets of tone, of which it is for, and on sets of topics.

    make bench-labels ARGS='--tuned PYTHON [--seeds 1 --sets R8]'

PYTHON has torch, as `labelloop tune --python` takes it. Labels are given in random order. Settings
were chosen by film reviews, product reviews and R8. What was measured is kept. On sets of tone it
is measured, too, how sure models are beside the tuned encoder, and how often they are right out of
fold, where they know what it was tuned to and where they do not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
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
from labelloop.recipes import control_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.label_names import words_of
from tests.bench.labels.curves import mean
from tests.bench.labels.data import TextSet, load
from tests.bench.report import Finding
from tests.builders import label_config

TONE: Final = "editorials", "tweets by mood", "film reviews", "product reviews"
TOPICS: Final = "Snips", "Debian packages", "R8", "20 Newsgroups"
TRIED_AT: Final = 133  # labels: 1.5 times as many are 200
TUNED: Final = (TRIED_AT, 200)
PLAIN: Final = (100, TRIED_AT, 200, 300)
GOALS: Final = (200, 300)  # labels of the plain encoder, whose accuracy is to be reached
HELD_OUT, LANDMARKS, UNLABELLED = 1_000, 500, 200
NEW: Final = (0, 15, 50, 150)  # labels beside those that were tuned to
_MOST_TOO_SURE: Final = 0.1


@dataclass(frozen=True)
class Tuned:
    """A set, measured beside the plain and the tuned encoder, with the labels of one seed."""

    name: str
    seed: int
    python: str

    def run(self, folder: Path, parts: Sequence[str | int]) -> dict[str, Any]:
        """Return what was measured, these parts of it at least; each is kept in a folder.

        A number of labels: the accuracy with them, beside an encoder tuned to them. "trial": what
        the gate says of TRIED_AT labels. "sure": what `_Side.sure` returns for TRIED_AT labels.
        """
        path = folder / f"tuned {self.name} {self.seed}.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        lacking = [part for part in parts if str(part) not in found]
        if lacking:
            (every,) = load(self.name)
            side = _Side(every.drawn(self.seed), self.seed)
            if "plain" not in found:
                found["plain"] = [(size, side.accuracy(size, None)) for size in PLAIN]
            for part in lacking:
                measures = {"trial": self._tried, "sure": self._sure}
                measure = measures.get(str(part), self._tuned)
                found[str(part)] = measure(side, TRIED_AT if part in measures else int(part))
                path.write_text(json.dumps(found))
                print(f"tuned: {self.name}, seed {self.seed}: {json.dumps(found)}", flush=True)
        return found

    def _tried(self, side: "_Side", size: int) -> dict[str, Any]:
        start, known = plain_weights(self.python), side.labelled(size)
        verdict, _ = tried(known, start, self.python, lambda done, of: None)
        return {"switches": verdict.switches, **verdict.numbers}

    def _tuned(self, side: "_Side", size: int) -> float:
        return side.accuracy(size, self._encoder(side, size))

    def _sure(self, side: "_Side", size: int) -> list[dict[str, Any]]:
        return side.sure(size, self._encoder(side, size))

    def _encoder(self, side: "_Side", size: int) -> OnnxEncoder:
        start, known = plain_weights(self.python), side.labelled(size)
        run = known.texts, known.labels
        (weights,) = tune(start, [run], self.python, lambda done, of: None)
        return encoder_of(start, weights, 1)


def measured(python: str, names: Sequence[str], seed: int, folder: Path) -> dict[str, Any]:
    """Return what one seed gives by set: first what tuning brings, then what the gate says of it.

    On sets of topics nothing is tuned where the gate refuses.
    """
    tone = [name for name in TONE if name in names]
    topics = [name for name in TOPICS if name in names]
    found: dict[str, Any] = {}
    parts = (tone, TRIED_AT), (topics + tone, "trial"), (tone, TUNED[1]), (tone, "sure")
    for chosen, part in parts:
        for name in chosen:
            one = Tuned(name, seed, python)
            found[name] = one.run(folder, [part])
            if part == "trial" and found[name]["trial"]["switches"]:
                found[name] = one.run(folder, [TRIED_AT])
    return found


class _Side:
    """A set with its labels in an order, and the accuracy of the product's models on it."""

    def __init__(self, data: TextSet, seed: int) -> None:
        self._data, self._order = data, np.random.default_rng(seed).permutation(len(data.pool))
        self._names = data.names
        self._control = control_of(label_config(*self._names))
        self._held_out = data.test.take(np.arange(min(HELD_OUT, len(data.test))))
        self._landmarks = data.pool.take(self._order[::-1][:LANDMARKS])

    def labelled(self, size: int) -> Labelled:
        """Return the first texts in their order, as the product's own trial takes them."""
        known = self._data.pool.take(self._order[:size])
        others = self._landmarks.texts[:UNLABELLED]
        return Labelled(known.texts, known.labels.tolist(), others, self._control)

    def accuracy(self, size: int, encoder: OnnxEncoder | None) -> float:
        """Return how many held-out texts are right, by a model of the first labels.

        None: beside the plain encoder, whose vectors are stored.
        """
        asked = _seen_by(encoder, self._held_out.texts, self._held_out.features)
        model = self._model(size, encoder, np.full(size, encoder is not None))
        return _right(model, model.predict_proba(asked), self._held_out.labels)

    def sure(self, size: int, encoder: OnnxEncoder) -> list[dict[str, Any]]:
        """Return how sure and how often right a model is beside an encoder tuned to `size` labels.

        By how many labels it learns besides: on held-out texts, and out of fold.
        """
        asked = _seen_by(encoder, self._held_out.texts, self._held_out.features)
        found = []
        for new, says_so in product(NEW, (False, True)):
            tuned = (np.arange(size + new) < size) & says_so
            model = self._model(size + new, encoder, tuned)
            probabilities, own = model.predict_proba(asked), model.model.out_of_fold_[~tuned]
            labels = self._data.pool.take(self._order[: size + new][~tuned]).labels
            found.append(
                {
                    "new": new,
                    "says_so": says_so,
                    "right": _right(model, probabilities, self._held_out.labels),
                    "sure": float(probabilities.max(axis=1).mean()),
                    "out_of_fold": _right(model, own, labels) if len(own) else None,
                }
            )
        return found

    def _model(self, size: int, encoder: OnnxEncoder | None, tuned: NDArray[Any]) -> FittedModel:
        known = self._data.pool.take(self._order[:size])
        names = self._names
        if encoder:
            named = encoder.encode([words_of(name) for name in names])
            names = dict(zip(names, named, strict=True))
        learnt, around = (
            _seen_by(encoder, part.texts, part.features) for part in (known, self._landmarks)
        )
        learnt = replace(learnt, tuned=tuned)
        return FittedModel(learnt, known.labels.tolist(), around, names)


def _right(model: FittedModel, probabilities: NDArray[Any], labels: NDArray[np.str_]) -> float:
    said = np.array(model.names)[probabilities.argmax(axis=1)]
    return float((said == labels).mean())


def _seen_by(encoder: OnnxEncoder | None, texts: list[str], plain: Features) -> Features:
    return Features(plain.bags, encoder.encode(texts)) if encoder else plain


@cache
def plain_weights(python: str) -> Checkpoint:
    """Return the weights of the built-in encoder."""
    return checkpoint("", Hub(""), python)


def findings(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Finding]:
    """Yield what tuning saves on sets of tone, and what the gate's answers cost on others."""
    for goal in GOALS:
        ratios = []
        for name in TONE:
            runs = found.get(name, ())
            if not runs:
                continue
            plain = mean([[(size, one) for size, one in run["plain"]] for run in runs])
            tuned = mean([[(size, run[str(size)]) for size in TUNED] for run in runs])
            ratios.append(goal / (labels_to_reach(dict(plain)[goal], tuned) or np.inf))
            told = f"fewer labels with tuning than without at {goal}, {name}"
            yield Finding(told, ratios[-1], "times", 1.5, at_least=True)
        if ratios:
            told = f"fewer labels with tuning than without at {goal}, geometric mean of tone"
            among = float(np.exp(np.mean(np.log(np.maximum(ratios, 0.1)))))
            yield Finding(told, among, "times", 1.5, at_least=True)
    for name, runs in found.items():
        gains = np.array([_gain(run) for run in runs])
        told = f"accuracy by the gate's answer less plain at {TRIED_AT}, {name}"
        error = (0.25 / HELD_OUT / len(runs)) ** 0.5
        yield Finding(told, float(gains.mean()), "accuracy", -error, at_least=True)
        accepted = float(np.mean([run["trial"]["switches"] for run in runs]))
        least = 0.5 if name in TONE else 0.0
        yield Finding(f"the gate accepts, {name}", accepted, "share", least, at_least=True)
        yield from _sure_findings(name, runs)


def _sure_findings(name: str, runs: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    rows = [row for run in runs for row in run.get("sure", ()) if row["says_so"]]
    for new in NEW if rows else ():
        apart = float(np.mean([row["sure"] - row["right"] for row in rows if row["new"] == new]))
        title = f"mean confidence less accuracy, {TRIED_AT} labels tuned to and {new} new, {name}"
        yield Finding(title, apart, "share", _MOST_TOO_SURE, at_least=False)


def _gain(run: Mapping[str, Any]) -> float:
    if not run["trial"]["switches"]:
        return 0.0
    return float(run[str(TRIED_AT)] - dict(run["plain"])[TRIED_AT])
