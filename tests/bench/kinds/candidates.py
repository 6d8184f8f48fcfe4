"""Which of four texts is about a given topic: posts of 20 Newsgroups, as options of each task.

One of a task's texts is of the newsgroup that its question names, in words; the others are of other
ones. The baseline is what people build: logistic regression on the difference of the chosen text
and each other one, of n-grams by TF-IDF, of the n-grams within each topic, and of how like the
question a text is; its penalty is tuned by cross-validation for each number of labels.
"""

import time
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from tests.bench.kinds.curves import Baseline, Part, Project, compared
from tests.bench.labels.sources import Rows, capped, text_sets
from tests.bench.report import Finding

CONFIG: Final = (
    '<View><Text name="topic" value="$topic"/>'
    '<Choices name="pick" toName="topic" value="$options"/></View>'
)
SET: Final = "20 Newsgroups"
_POOL, _TEST, _OPTIONS = 1_200, 800, 4
_MOST_POSTS: Final = 1_500
_LONGEST: Final = 1_000  # characters of a post
_PENALTIES: Final = (1.0, 10.0, 100.0)
_FOLDS: Final = 3
_WORDS: Final = {"comp": "computer", "rec": "", "sci": "science", "soc": "", "talk": "", "misc": ""}


def findings(seeds: int) -> Iterator[Finding]:
    """Yield what the curves say."""
    tools = Toolbox(_encoder().name, _encoder)
    pool, test = _posts()
    made = partial(_project, pool, test, tools)
    curves = compared("which of four", made, {"n-grams": _ngrams}, seeds)["accuracy"]
    fewer = curves.times_fewer("typical_then_margin", "n-grams")
    yield Finding("one of four, labels of n-grams", fewer, "times fewer", 15, True)
    yield Finding("one of four, default order over random", curves.worst(), "errors", -1, True)
    yield Finding("one of four, a retrain on 1,000 labels", _retrain_s(made(0)), "s", 20)


def _posts() -> tuple[Rows, Rows]:
    """Return posts to label, and others to measure with: as many as are encoded in a minute."""
    pool, test = capped(text_sets()[SET]())
    pool, test = pool[:_MOST_POSTS], test[:_MOST_POSTS]
    shortened = ([(text[:_LONGEST], label) for text, label in part] for part in (pool, test))
    return next(shortened), next(shortened)


def _project(pool: Rows, test: Rows, tools: Toolbox, seed: int) -> Project:
    draw = np.random.default_rng(seed)
    control = control_of(CONFIG)
    parts = []
    for rows, most in ((pool, _POOL), (test, _TEST)):
        tasks = [_task(rows, draw) for _ in range(most)]
        inputs = [control.input_of(data) for data, _ in tasks]
        parts.append(Part.of(control, inputs, [label for _, label in tasks], tools))
    accuracy = {"accuracy": lambda a, y: float(control.measure.hits(a, y).mean())}
    return Project(control, tools, parts[0], parts[1], accuracy)


def _task(rows: Rows, draw: np.random.Generator) -> tuple[dict[str, Any], str]:
    """Return a task's data, and its answer."""
    right = int(draw.integers(len(rows)))
    topic = rows[right][1]
    chosen = [right]
    while len(chosen) < _OPTIONS:
        other = int(draw.integers(len(rows)))
        if rows[other][1] != topic and other not in chosen:
            chosen.append(other)
    places = draw.permutation(chosen).tolist()
    options = [{"value": rows[row][0], "alias": f"text-{n}"} for n, row in enumerate(places)]
    return {"topic": _words(topic), "options": options}, f"text-{places.index(right)}"


def _words(topic: str) -> str:
    """Return a newsgroup's name in words: sci.space becomes science space."""
    return " ".join(filter(None, (_WORDS.get(part, part) for part in topic.split("."))))


def _ngrams(project: Project) -> Baseline:
    """Return logistic regression on differences of n-grams, by topic too, tuned."""
    texts = [text for one in project.pool.inputs for text in one["texts"]]
    vectoriser = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(texts)
    topics = sorted({one["beside"] for one in project.pool.inputs})
    pool, test = (_rows(part, vectoriser, topics) for part in (project.pool, project.test))
    chosen, wanted = (
        np.array([int(label.removeprefix("text-")) for label in part.labels])
        for part in (project.pool, project.test)
    )

    def right(rows: csr_matrix, model: LogisticRegression, answers: NDArray[np.int64]) -> float:
        scores = (rows @ model.coef_[0]).reshape(-1, _OPTIONS)
        return float((scores.argmax(axis=1) == answers).mean())

    def fitted(tasks: NDArray[np.int64], penalty: float) -> LogisticRegression:
        own = np.repeat(_OPTIONS * tasks + chosen[tasks], _OPTIONS - 1)
        others = np.array(
            [_OPTIONS * t + place for t in tasks for place in range(_OPTIONS) if place != chosen[t]]
        )
        apart = pool[own] - pool[others]
        both = vstack([apart, -apart])
        model = LogisticRegression(C=penalty, fit_intercept=False, max_iter=300)
        return model.fit(both, np.repeat([1, 0], len(own)))

    def held_out(tasks: NDArray[np.int64], penalty: float) -> float:
        found = []
        for fold in range(_FOLDS):
            is_held = np.arange(len(tasks)) % _FOLDS == fold
            model = fitted(tasks[~is_held], penalty)
            some = tasks[is_held]
            rows = (_OPTIONS * some[:, None] + np.arange(_OPTIONS)).ravel()
            found.append(right(pool[rows], model, chosen[some]))
        return float(np.mean(found))

    def measured(tasks: NDArray[np.int64]) -> dict[str, float]:
        best = max(_PENALTIES, key=lambda penalty: held_out(tasks, penalty))
        return {"accuracy": right(test, fitted(tasks, best), wanted)}

    return measured


def _rows(part: Part, vectoriser: TfidfVectorizer, topics: list[str]) -> csr_matrix:
    """Return the n-grams of each option, those within its task's topic, and its likeness to it."""
    texts = vectoriser.transform([text for one in part.inputs for text in one["texts"]])
    asked = np.repeat([topics.index(one["beside"]) for one in part.inputs], _OPTIONS)
    cells = texts.tocoo()
    shape = (texts.shape[0], texts.shape[1] * len(topics))
    crossed = csr_matrix(
        (cells.data, (cells.row, cells.col + texts.shape[1] * asked[cells.row])), shape=shape
    )
    likeness = texts.multiply(vectoriser.transform(topics)[asked]).sum(axis=1)
    return hstack([texts, crossed, csr_matrix(likeness)]).tocsr()


def _retrain_s(project: Project) -> float:
    """Return the seconds that a training on 1,000 labels takes, features and all the rest known."""
    labels, features = project.pool.labels[:1_000], project.pool.features.take(np.arange(1_000))
    others = project.pool.features.take(np.arange(1_000, _POOL))
    started = time.perf_counter()
    project.control.fit(labels, features, others, project.tools).packed()
    return time.perf_counter() - started


@cache
def _encoder() -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.built_in(), threads=2)
