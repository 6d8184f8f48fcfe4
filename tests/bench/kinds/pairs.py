"""Which of two texts is the more positive: pairs of tweets and of film reviews, rated by people.

Twenty people rated each text (Hutto and Gilbert 2014). A pair's texts are `_LEAST_GAP` or more
apart, and no text of the test set is in the pool. The baseline is what people build: n-grams of
both texts by TF-IDF, logistic regression on their difference, its penalty and its kind of n-grams
tuned by cross-validation for each number of labels.
"""

import tarfile
import time
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.recipes import control_of
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tools import Toolbox
from tests.bench.kinds.curves import Baseline, Part, Project, compared
from tests.bench.labels.packages import REVIEWS, fetch
from tests.bench.report import Finding

CONFIG: Final = (
    '<View><Header value="Which one is more positive?"/><Pairwise name="pw" toName="one,other"/>'
    '<Text name="one" value="$one"/><Text name="other" value="$other"/></View>'
)
SETS: Final = {"tweets": "tweets", "films": "movieReviewSnippets"}
_LEAST_GAP: Final = 0.3
_POOL, _TEST = 2_500, 2_000  # pairs
_MOST_TEXTS: Final = 3_000
_TIMED: Final = 200  # answers
_PENALTIES: Final = (0.3, 3.0, 30.0)
_NGRAMS: Final[tuple[dict[str, Any], ...]] = (
    {"analyzer": "word", "ngram_range": (1, 2)},
    {"analyzer": "char_wb", "ngram_range": (2, 4)},
)


def findings(seeds: int) -> Iterator[Finding]:
    """Yield what the curves say."""
    tools = Toolbox(_encoder().name, _encoder)
    for name, file in SETS.items():
        rated = _rated(file)
        made = partial(_project, rated, tools)
        curves = compared(f"pairs of {name}", made, {"n-grams": _ngrams}, seeds)["accuracy"]
        fewer = curves.times_fewer("typical_then_margin", "n-grams")
        yield Finding(f"pairs of {name}, labels of n-grams", fewer, "times fewer", 15, True)
        yield Finding(
            f"pairs of {name}, default order over random", curves.worst(), "errors", -1, True
        )
    project = _project(_rated(SETS["tweets"]), tools, 0)
    yield Finding("pairs, a retrain on 1,000 labels", _retrain_s(project), "s", 20)
    yield Finding("a warm answer of one pair, of bare features and model", _warm(project), "x", 1.5)


def _project(rated: list[tuple[str, float]], tools: Toolbox, seed: int) -> Project:
    draw = np.random.default_rng(seed)
    shuffled = draw.permutation(len(rated))[:_MOST_TEXTS]
    held_out = len(shuffled) * 2 // 5
    control = control_of(CONFIG)
    test, pool = (
        _part(_pairs(rated, rows, most, draw), tools)
        for rows, most in ((shuffled[:held_out], _TEST), (shuffled[held_out:], _POOL))
    )
    accuracy = {"accuracy": lambda a, y: float(control.measure.hits(a, y).mean())}
    return Project(control, tools, pool, test, accuracy)


def _pairs(
    rated: list[tuple[str, float]], rows: NDArray[np.int64], most: int, draw: np.random.Generator
) -> list[tuple[str, str, str]]:
    """Return pairs of texts, and which of them is the more positive."""
    found: list[tuple[str, str, str]] = []
    while len(found) < most:
        one, other = (rated[row] for row in draw.choice(rows, 2, replace=False))
        if abs(one[1] - other[1]) >= _LEAST_GAP:
            found.append((one[0], other[0], "left" if one[1] > other[1] else "right"))
    return found


def _part(pairs: list[tuple[str, str, str]], tools: Toolbox) -> Part:
    control = control_of(CONFIG)
    inputs = [control.input_of({"one": one, "other": other}) for one, other, _ in pairs]
    return Part.of(control, inputs, [label for _, _, label in pairs], tools)


def _ngrams(project: Project) -> Baseline:
    """Return logistic regression on the difference of both texts' n-grams, tuned."""
    differences = [_differences(project, options) for options in _NGRAMS]
    is_left = np.array([label == "left" for label in project.pool.labels])
    wanted = np.array([label == "left" for label in project.test.labels])

    def measured(rows: NDArray[np.int64]) -> dict[str, float]:
        tried = []
        for pool, test in differences:
            for penalty in _PENALTIES:
                model = LogisticRegression(C=penalty, fit_intercept=False, max_iter=300)
                score = cross_val_score(model, pool[rows], is_left[rows], cv=3).mean()
                tried.append((score, model, pool, test))
        _, model, pool, test = max(tried, key=lambda one: one[0])
        right = model.fit(pool[rows], is_left[rows]).predict(test) == wanted
        return {"accuracy": float(right.mean())}

    return measured


def _differences(project: Project, options: dict[str, Any]) -> tuple[Any, Any]:
    """Return differences of TF-IDF, by the words of the whole pool, of the pool and the test."""
    vectoriser = TfidfVectorizer(sublinear_tf=True, **options)
    sides = [[one["texts"][side] for one in project.pool.inputs] for side in (0, 1)]
    vectoriser.fit([*sides[0], *sides[1]])
    tests = [[one["texts"][side] for one in project.test.inputs] for side in (0, 1)]
    pool, test = (
        vectoriser.transform(left) - vectoriser.transform(right) for left, right in (sides, tests)
    )
    return pool, test


def _retrain_s(project: Project) -> float:
    """Return the seconds that a training on 1,000 labels takes, features and all the rest known."""
    labels, features = project.pool.labels[:1_000], project.pool.features.take(range(1_000))
    others = project.pool.features.take(range(1_000, _POOL))
    started = time.perf_counter()
    project.control.fit(labels, features, others, project.tools).packed()
    return time.perf_counter() - started


def _warm(project: Project) -> float:
    """Return how long an answer takes, in the time of encoder, bags and a product alone."""
    control, encoder = project.control, _encoder()
    fitted = control.fit(project.pool.labels[:200], project.pool.features.take(range(200)))
    model = control.load(fitted.packed().artefact)
    weights = np.zeros((encoder.dimensions, 1), np.float32)
    took: list[list[float]] = [[], []]
    for one in project.test.inputs[:_TIMED]:
        started = time.perf_counter()
        seen = control.features([one], Toolbox(encoder.name, _encoder), model.needs)
        control.results(control.shown(model.answer(seen), control.known(model.names) or ()))
        took[0].append(time.perf_counter() - started)
        started = time.perf_counter()
        bags_of(one["texts"])
        encoder.encode(one["texts"]) @ weights
        took[1].append(time.perf_counter() - started)
    return float(np.median(took[0]) / np.median(took[1]))


def _rated(file: str) -> list[tuple[str, float]]:
    """Return texts and their mean ratings, -4 to 4."""
    with tarfile.open(fetch(REVIEWS)) as package:
        inner = package.extractfile(
            "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        )
        with tarfile.open(fileobj=inner) as archive:
            body = archive.extractfile(f"hutto_ICWSM_2014/{file}_GroundTruth.txt")
            lines = body.read().decode(errors="replace").splitlines() if body else []
    cells = (line.split("\t") for line in lines)
    return sorted({(cell[2].strip(), float(cell[1])) for cell in cells if len(cell) > 2})


@cache
def _encoder() -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.built_in(), threads=2)
