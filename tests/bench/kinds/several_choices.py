"""Several choices at once: emotions of comments, what packages work with, how they are operated.

The interfaces were not looked at while model and order were made. A set of numbers without text,
such as yeast genes, is no set of this kind: shown as a table they are read as words.
"""

import json
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.answers import Answers, Label
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Control
from labelloop.recipes.several_choices.marks import Marked, Marks, jaccard, matrix_of
from labelloop.recipes.tools import Toolbox
from tests.bench.kinds.curves import Baseline, Metric, Part, Project, compared
from tests.bench.labels.packages import NoSet
from tests.bench.labels.sources import FOLDER
from tests.bench.report import Finding

TIMES_FEWER: Final = 4.0
_POOL, _TEST = 3_000, 1_000
_LEAST_PACKAGES: Final = 60
_CS: Final = (10.0, 100.0)  # of the baseline
_FIELDS = re.compile(r"^(Tag|Description): (.+(?:\n .+)*)$", re.MULTILINE)

type Rows = list[tuple[str, list[str]]]


def findings(seeds: int) -> Iterator[Finding]:
    """Yield what the curves of each set say, and how long a training and an answer take."""
    for name, read in _sets().items():
        try:
            rows = read()
        except NoSet as exc:
            print(f"{name} left out: {exc}")
            continue
        yield from _findings(name, rows, seeds)
        if name == "emotions":
            yield from _speed(rows)


def _sets() -> Mapping[str, Callable[[], Rows]]:
    return {
        "emotions": _emotions,
        "works with": lambda: _tagged("works-with::"),
        "interfaces": lambda: _tagged("interface::"),
    }


def _findings(name: str, rows: Rows, seeds: int) -> Iterator[Finding]:
    def project(seed: int) -> Project:
        return _project(rows, seed)

    curves = compared(name, project, {"logistic regression": _baseline}, seeds)
    fewer = curves["micro F1"].times_fewer(DEFAULT, "logistic regression")
    yield Finding(f"{name}: times fewer labels, micro F1", fewer, "x", TIMES_FEWER, at_least=True)
    for metric, each in curves.items():
        label = f"{name}: {metric}, default less random order at worst"
        yield Finding(label, each.worst(), "standard errors", -1.0, at_least=True)
        labels = each.labels_to(DEFAULT, float(each.values[RANDOM][:, -1].mean()))
        print(f"{name}, {metric}: random order's last value at {labels:.0f} labels")


# -- sets --------------------------------------------------------------------------------------


def _emotions() -> Rows:
    """Return comments and the emotions in them (GoEmotions: Demszky et al. 2020)."""
    folder = FOLDER / "goemotions"
    if not folder.is_dir():
        raise NoSet(f"no {folder}; DATA_FOLDER names the folder of Label Studio exports")
    rows: Rows = []
    for part in ("pool", "test"):
        labels = json.loads((folder / f"labels_{part}.json").read_text())
        for task in json.loads((folder / f"tasks_{part}.json").read_text()):
            rows.append((task["data"]["text"], labels[task["data"]["ref_id"]]))
    return rows


@cache
def _packages() -> list[dict[str, str]]:
    apt = shutil.which("apt-cache")
    if apt is None:
        raise NoSet("no apt-cache here")
    done = subprocess.run([apt, "dumpavail"], capture_output=True, text=True, check=True)  # noqa: S603
    return [dict(_FIELDS.findall(package)) for package in done.stdout.split("\n\n")]


def _tagged(facet: str) -> Rows:
    """Return the one-line descriptions of Debian's packages, and their tags of a facet."""
    tags: dict[str, set[str]] = {}
    for fields in _packages():
        if len(fields) == len(("Tag", "Description")):
            every = [tag.strip() for tag in fields["Tag"].split(",")]
            own = {tag.removeprefix(facet) for tag in every if tag.startswith(facet)}
            tags.setdefault(fields["Description"].split("\n")[0], set()).update(own - {"TODO"})
    counts = Counter(tag for own in tags.values() for tag in own)
    common = {tag for tag, count in counts.items() if count >= _LEAST_PACKAGES}
    rows = [(text, sorted(own & common)) for text, own in sorted(tags.items()) if own & common]
    if not rows:
        raise NoSet("this archive's packages have no tags")
    return rows


# -- projects ----------------------------------------------------------------------------------


@cache
def _encoder() -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.built_in(), threads=1)


def _forgetful() -> Toolbox:
    """Return the encoder, ready, without a text that it remembers."""
    return Toolbox(_encoder().name, _encoder)


_tools = cache(_forgetful)


def _control(rows: Rows) -> Control:
    names = sorted({name for _, labels in rows for name in labels})
    choices = "".join(f"<Choice value={quoteattr(name)}/>" for name in names)
    return control_of(
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="labels" toName="text" choice="multiple">{choices}</Choices></View>'
    )


def _project(rows: Rows, seed: int) -> Project:
    """Return a project of some rows, drawn anew for each seed."""
    control = _control(rows)
    drawn = random.Random(seed).sample(rows, min(len(rows), _POOL + _TEST))
    held_out = min(_TEST, len(drawn) // 3)

    def part(some: Rows) -> Part:
        texts, labels = [text for text, _ in some], [labels for _, labels in some]
        return Part.of(control, texts, labels, _tools())

    return Project(control, _tools(), part(drawn[held_out:]), part(drawn[:held_out]), _METRICS)


def _metric(score: Callable[[Marked, Marked], float]) -> Metric:
    def metric(answers: Answers, labels: Sequence[Label]) -> float:
        return score(Marks.read(answers).marked(), matrix_of(labels, answers.names))

    return metric


def _micro(said: Marked, given: Marked) -> float:
    return float(2 * (said & given).sum() / (said.sum() + given.sum()))


def _macro(said: Marked, given: Marked) -> float:
    """Return the mean F1 of the labels that are in the test set."""
    right, all_ = (said & given).sum(axis=0), said.sum(axis=0) + given.sum(axis=0)
    return float((2 * right / np.maximum(all_, 1))[given.any(axis=0)].mean())


_SCORES: Final = {
    "micro F1": _micro,
    "macro F1": _macro,
    "Jaccard": lambda said, given: float(jaccard(said, given).mean()),
}
_METRICS: Final = {name: _metric(score) for name, score in _SCORES.items()}


# -- the baseline ------------------------------------------------------------------------------


def _baseline(project: Project) -> Baseline:
    """Return logistic regressions on character n-grams, one for each label, tuned on the test set.

    That flatters it. C: the better of 10 and 100; 0.1, 1 and 1,000 are worse or no better on all
    sets. What it marks: the better of two rules. Of each task as many labels, the likeliest first,
    as make the expected F1 the greatest (Lewis 1995), or those above 0.5 and the likeliest.
    """
    names = project.control.offered
    given, test = (matrix_of(part.labels, names) for part in (project.pool, project.test))
    pool_texts, test_texts = np.array(project.pool.inputs), project.test.inputs

    def measured(rows: NDArray[np.int64]) -> dict[str, float]:
        terms = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True)
        learnt, asked = terms.fit_transform(pool_texts[rows]), terms.transform(test_texts)
        said = []
        for c in _CS:
            columns = [_probabilities(learnt, column, asked, c) for column in given[rows].T]
            probabilities = np.stack(columns, axis=1)
            said += [_by_expected_f1(probabilities), _or_likeliest(probabilities)]
        return {name: max(score(one, test) for one in said) for name, score in _SCORES.items()}

    return measured


def _probabilities(rows, given, asked, c: float) -> NDArray[np.float64]:
    if given.all() or not given.any():
        return np.full(asked.shape[0], float(given.mean()))
    model = LogisticRegression(C=c, max_iter=200).fit(rows, given)
    return model.predict_proba(asked)[:, 1]


def _by_expected_f1(probabilities: NDArray[np.float64]) -> Marked:
    order = np.argsort(-probabilities, axis=1, kind="stable")
    sums = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    counts = np.arange(1, probabilities.shape[1] + 1)
    best = (2 * sums / (counts + probabilities.sum(axis=1, keepdims=True))).argmax(axis=1)
    said = np.zeros(probabilities.shape, np.bool_)
    np.put_along_axis(said, order, counts - 1 <= best[:, None], axis=1)
    return said


def _or_likeliest(probabilities: NDArray[np.float64]) -> Marked:
    said = probabilities > 0.5
    said[np.arange(len(said)), probabilities.argmax(axis=1)] = True
    return said


# -- time --------------------------------------------------------------------------------------


def _speed(rows: Rows) -> Iterator[Finding]:
    """Yield how long 1,000 labels take to learn, and one task to answer, on this machine."""
    project = _project(rows, 0)
    control, pool = project.control, project.pool
    learnt = range(1_000)
    started = time.perf_counter()
    others = pool.features.take(range(1_000, len(pool.labels)))
    fitted = control.fit(pool.labels[:1_000], pool.features.take(learnt), others, _tools())
    artefact = fitted.packed().artefact
    yield Finding("retrain at 1,000 labels", time.perf_counter() - started, "s", 20.0)
    model, text = control.load(artefact), project.test.inputs[0]

    def bare() -> object:
        return model.answer(control.features([text], _forgetful()))

    def whole() -> object:
        data = {"text": text}
        answers = model.answer(control.features([control.input_of(data)], _forgetful()))
        shown = control.shown(answers, control.known(answers.names) or ())
        return control.results(shown), control.measure.reading(shown).confidence

    ratio = _fastest(whole) / _fastest(bare)
    yield Finding("warm answer, times bare features and model", ratio, "x", 1.5)


def _fastest(call: Callable[[], object], times: int = 30) -> float:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return float(np.median(took))
