"""Numbers: mean ratings of tweets, film reviews and product reviews, and a table of patients.

The strongest baseline that a user would pick: ridge regression on TF-IDF of words or of characters,
whichever is better in the end, its penalty chosen by leave-one-out error.
"""

import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.datasets import load_diabetes
from sklearn.feature_extraction.text import TfidfVectorizer

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.domain.ordering.strategies import DEFAULT
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.numbers import NAME
from labelloop.recipes.numbers.model import NumberModel
from labelloop.recipes.numbers.recipe import RECIPE
from labelloop.recipes.protocol import Control, Tools
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Served
from tests.bench.kinds.curves import SIZES, Baseline, Part, Project, compared
from tests.bench.labels.packages import REVIEWS, fetch
from tests.bench.report import Finding
from tests.bench.timing import paired, seconds

MOST: Final = 2_600  # texts of a set
HELD_OUT: Final = 600
TIMES_FEWER: Final = 10.0
RETRAIN_S: Final = 20.0
WARM: Final = 1.5
REPEATS: Final = 100
_FEW_SIZES: Final = (20, 25, 50, 100, 150, 200)  # of 442 patients 295 are in the pool
_ALPHAS: Final = np.geomspace(0.01, 100, 13)
_VIEWS: Final[dict[str, dict[str, Any]]] = {
    "words": {"sublinear_tf": True},
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True},
}
_MOOD: Final = (
    '<View><Text name="text" value="$text"/>'
    '<Number name="mood" toName="text" min="-4" max="4" step="0.1"/></View>'
)
_PATIENT: Final = (
    '<View><Table name="patient" value="$patient"/>'
    '<Number name="progress" toName="patient" min="0" max="350"/></View>'
)


@dataclass(frozen=True)
class Rated:
    """A set: a control, what it reads of tasks, the features of these, and their labels."""

    control: Control
    inputs: Sequence[str]
    labels: Sequence[float]
    features: Columns

    def project(self, seed: int) -> Project:
        """Return the set as a pool and a test set, divided anew for each seed."""
        rows = np.random.default_rng(10_000 + seed).permutation(len(self.labels))
        held_out = min(HELD_OUT, len(rows) // 3)
        measure = self.control.measure

        def r2(answers: Answers, labels: Sequence[float]) -> float:
            return _explained(np.array(measure.labels(answers)), np.array(labels))

        def closeness(answers: Answers, labels: Sequence[float]) -> float:
            return float(measure.hits(answers, labels).mean())

        metrics = {"R²": r2, "closeness": closeness}
        return Project(
            self.control,
            _tools(),
            self._part(rows[held_out:]),
            self._part(rows[:held_out]),
            metrics,
        )

    def _part(self, rows: NDArray[np.int64]) -> Part:
        inputs, labels = ([each[row] for row in rows] for each in (self.inputs, self.labels))
        return Part(inputs, labels, self.features.take(rows))


def findings(seeds: int) -> Iterator[Finding]:
    """Print the curves of each set and yield what they say of the goals."""
    for name in ("tweets", "film reviews", "product reviews", "patients"):
        rated = _rated(name)
        sizes = _FEW_SIZES if name == "patients" else SIZES
        baselines = {view: (lambda one, view=view: _ridge(one, view)) for view in _VIEWS}
        curves = compared(name, rated.project, baselines, seeds, sizes)["R²"]
        best = max(_VIEWS, key=lambda view: float(curves.values[view][:, -1].mean()))
        few = curves.times_fewer(DEFAULT, best)
        told = f"{name}: times fewer labels than {best} at {sizes[-1]}"
        yield Finding(told, few, "times", TIMES_FEWER, at_least=True)
        behind = f"{name}: default order ahead of random order, at worst"
        yield Finding(behind, curves.worst(), "standard errors", -1, at_least=True)
    yield Finding("numbers: a training on 1,000 labels", _retrain_s(), "s", RETRAIN_S)
    told = "numbers: one warm answer, of its features and the bare model"
    encoder = _encoder()
    forgetful = Toolbox(encoder.name, lambda: encoder, most_remembered=0)  # texts are new
    yield Finding(told, _warm(forgetful), "times", WARM)
    yield Finding(f"{told}, without an encoder", _warm(Toolbox()), "times", WARM)


def _retrain_s() -> float:
    """Return how long a training takes, from features to the stored model."""
    rated = _rated("tweets")
    seen, pool = rated.features.take(range(1_000)), rated.features.take(range(1_000, MOST))
    return seconds(lambda: rated.control.fit(rated.labels[:1_000], seen, pool, _tools()).packed())


def _warm(tools: Tools) -> float:
    """Return how much longer a prediction takes than its features and the model alone."""
    rated = _rated("tweets")
    texts, others = rated.inputs[:1_000], rated.inputs[1_000 : 1_000 + REPEATS]
    features = rated.features if tools.encoder else rated.features.only(("bags", "cells"))
    learnt = features.take(range(len(texts)))
    fitted = rated.control.fit(rated.labels[: len(texts)], learnt, tools=tools)
    model = NumberModel.load(fitted.packed().artefact)
    served = Served("1", model, recipe=NAME)

    def ours() -> None:
        for text in others:
            predict([{"id": 1, "data": {"text": text}}], _MOOD, served, tools)

    def bare() -> None:
        for text in others:
            vectors = tools.vectors([text]) if tools.encoder else None
            model.shares(Features(bags_of([text]), vectors).columns())

    return paired(ours, bare)[2]


@cache
def _encoder() -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.built_in(), threads=1)


@cache
def _tools() -> Toolbox:
    return Toolbox(_encoder().name, _encoder)


@cache
def _rated(name: str) -> Rated:
    config, tasks, labels = _patients() if name == "patients" else _moods(_FILES[name])
    control = RECIPE.read(parse(config))
    assert control is not None
    inputs = [control.input_of(data) or "" for data in tasks]
    return Rated(control, inputs, labels, control.features(inputs, _tools()))


_FILES: Final = {
    "tweets": "tweets",
    "film reviews": "movieReviewSnippets",
    "product reviews": "amazonReviewSnippets",
}

type Floats = NDArray[np.floating]
type Tasks = tuple[str, list[dict[str, Any]], list[float]]


def _moods(file: str) -> Tasks:
    """Return texts and the mean ratings that twenty people gave them (Hutto and Gilbert 2014)."""
    with tarfile.open(fetch(REVIEWS)) as package:
        inner = package.extractfile(
            "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        )
        with tarfile.open(fileobj=inner) as archive:
            body = archive.extractfile(f"hutto_ICWSM_2014/{file}_GroundTruth.txt")
            lines = body.read().decode(errors="replace").splitlines() if body else []
    cells = (line.split("\t") for line in lines)
    rated = {cell[2].strip(): float(cell[1]) for cell in cells if len(cell) > 2 and cell[2].strip()}
    kept = sorted(rated.items())
    rows = np.random.default_rng(0).permutation(len(kept))[:MOST].tolist()
    return _MOOD, [{"text": kept[row][0]} for row in rows], [kept[row][1] for row in rows]


def _patients() -> Tasks:
    """Return what is known of patients, and how far their diabetes is a year later."""
    found = load_diabetes(scaled=False)
    tasks = [
        {"patient": dict(zip(found.feature_names, row, strict=True))} for row in found.data.tolist()
    ]
    return _PATIENT, tasks, found.target.tolist()


def _ridge(project: Project, view: str) -> Baseline:
    """Return ridge regression on one view of the texts."""
    vectoriser = TfidfVectorizer(**_VIEWS[view])
    pool = vectoriser.fit_transform(project.pool.inputs)
    test = vectoriser.transform(project.test.inputs)
    labels, wanted = np.array(project.pool.labels), np.array(project.test.labels)

    def measured(rows: NDArray[np.int64]) -> Mapping[str, float]:
        gram = (pool[rows] @ pool[rows].T).toarray()
        across = (test @ pool[rows].T).toarray()
        said = _fitted(gram, across, labels[rows])
        return {"R²": _explained(said, wanted), "closeness": float("nan")}

    return measured


def _fitted(gram: Floats, across: Floats, labels: Floats) -> Floats:
    """Return ridge regression's answers with the penalty of the least leave-one-out error."""
    mean = labels.mean()
    strengths, sides = eigh(gram)
    turned = sides.T @ (labels - mean)
    best, least = np.zeros(len(labels)), np.inf
    for alpha in _ALPHAS:
        dual = sides @ (turned / (strengths + alpha))
        left_out = dual / ((sides**2) @ (1 / (strengths + alpha)))
        error = float((left_out**2).mean())
        if error < least:
            best, least = dual, error
    return np.asarray(mean + across @ best)


def _explained(said: Floats, given: Floats) -> float:
    return float(1 - ((said - given) ** 2).mean() / given.var())
