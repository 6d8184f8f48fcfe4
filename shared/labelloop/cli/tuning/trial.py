"""What tuning brings, found out on labels that it has not seen (cross-validation: Stone 1974)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.tuning.checkpoint import Checkpoint
from labelloop.cli.tuning.graph import encoder_of
from labelloop.cli.tuning.training import Report, threads, tune
from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.judging.tuned import judge_tuned
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Toolbox
from labelloop.recipes.tuned_to import marked

FOLDS: Final = 3
_SEED: Final = 0

type Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, their labels in the same order, some texts without one, and the control of them."""

    texts: Sequence[str]
    labels: Sequence[Any]
    unlabelled: Sequence[str]
    control: Control


def tried(known: Labelled, start: Checkpoint, python: str, report: Report) -> tuple[Verdict, float]:
    """Say whether an encoder tuned to labels is better than it was, and what a text takes, in ms.

    For each fold the encoder is tuned to the others, and the recipe learns them beside it and
    beside the plain one. What both answer for the fold is compared.
    """
    folds = folds_of(known.labels, FOLDS)
    everything = np.arange(len(known.labels))
    others = [np.setdiff1d(everything, fold) for fold in folds]
    runs = [(_some(known.texts, rows), _some(known.labels, rows)) for rows in others]
    weights = tune(start, runs, python, report)
    plain = _Beside(known, encoder_of(start, start.weights, threads()))
    before, after = [], []
    for fold, rows, own in zip(folds, others, weights, strict=True):
        before.append(plain.answers(rows, fold))
        tuned = _Beside(known, encoder_of(start, own, threads()), is_tuned=True)
        after.append(tuned.answers(rows, fold))
    labels = _some(known.labels, np.concatenate(folds))
    answers = joined_answers(before), joined_answers(after)
    return judge_tuned(known.control.measure, *answers, labels), plain.ms


def folds_of(labels: Sequence[Any], count: int) -> list[Rows]:
    """Return the rows of each fold: of each label about as many in all of them."""
    shuffled = np.random.default_rng(_SEED).permutation(len(labels))
    in_order = sorted(shuffled.tolist(), key=lambda row: str(labels[row]))
    return [np.sort(np.array(in_order[start::count], np.int64)) for start in range(count)]


class _Beside:
    """What the recipe learns beside one encoder. `is_tuned`: to the labels that are learnt."""

    def __init__(self, known: Labelled, encoder: OnnxEncoder, *, is_tuned: bool = False) -> None:
        self._known, self._control, self._is_tuned = known, known.control, is_tuned
        self._tools = Toolbox(encoder.name, lambda: encoder)
        began = time.perf_counter()
        self._features = self._control.features(known.texts, self._tools)
        self.ms = 1_000 * (time.perf_counter() - began) / len(known.texts)
        self._pool = self._control.features(known.unlabelled, self._tools)

    def answers(self, learnt: Rows, asked: Rows) -> Answers:
        """Return the answers for some rows by a model of others."""
        labels = _some(self._known.labels, learnt)
        features: Columns = self._features.take(learnt)
        if self._is_tuned:
            features = marked(features, np.ones(len(learnt), np.bool_))
        fitted = self._control.fit(labels, features, self._pool, self._tools)
        answers = fitted.answer(self._features.take(asked))
        return self._control.measure.aligned(answers, sorted(self._control.offered))


def _some[One](values: Sequence[One], rows: Rows) -> list[One]:
    return [values[row] for row in rows.tolist()]
