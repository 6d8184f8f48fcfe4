"""How few labels a taxonomy takes: newsgroups by their dotted names, Debian packages by section."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from warnings import catch_warnings, simplefilter
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.answers import Answers, Label
from labelloop.domain.ordering.strategies import DEFAULT
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.taxonomy.control import Taxonomy
from labelloop.recipes.taxonomy.recipe import RECIPE
from labelloop.recipes.tools import Toolbox
from tests.bench.kinds.curves import Baseline, Floats, Metric, Part, Project, compared
from tests.bench.labels import data
from tests.bench.report import Finding

type Path = tuple[str, ...]

FEWER, RETRAIN_S, WARM_TIMES = 8.0, 20.0, 1.5  # goals
FLAT: Final = "characters, flat"
_RETRAINED: Final = 1_000  # labels
_PENALTIES: Final = (1.0, 10.0, 100.0)  # C of logistic regression
_MOST_POOL, _MOST_TEST = 3_000, 2_000
_SECTIONS: Final = {
    "Libraries": ("libs", "libdevel"),
    "Languages": (
        *("gnu-r", "golang", "haskell", "java", "javascript", "perl", "python", "ruby", "rust"),
    ),
    "Programs": ("admin", "devel", "games", "net", "science", "text", "utils", "x11"),
    "Reading": ("doc",),
}
_TITLES: Final = {  # of packages.debian.org
    "admin": "Administration Utilities",
    "devel": "Development",
    "doc": "Documentation",
    "gnu-r": "GNU R",
    "golang": "Go",
    "libdevel": "Library development",
    "libs": "Libraries",
    "net": "Network",
    "text": "Text Processing",
    "utils": "Utilities",
    "x11": "X Window System software",
}
_PATHS: Final = {section: (above, section) for above, all_ in _SECTIONS.items() for section in all_}


@dataclass(frozen=True)
class Tree:
    """A set of texts, and the path of each of its classes."""

    name: str
    path: Callable[[str], Path]


TREES: Final = (
    Tree("20 Newsgroups", lambda group: tuple(group.split("."))),
    Tree("Debian packages", lambda section: _PATHS[section]),
)


def findings(seeds: int) -> Iterator[Finding]:
    """Print the curves and yield what they say about the goals."""
    for tree in TREES:
        found = list(data.load(tree.name))
        if not found:
            continue
        texts = found[0]

        def project(seed: int, texts: data.TextSet = texts, tree: Tree = tree) -> Project:
            return _project(texts.drawn(seed), tree)

        curves = compared(tree.name, project, {FLAT: _flat}, seeds)["path"]
        fewer = curves.times_fewer(DEFAULT, FLAT)
        yield Finding(f"{tree.name}: fewer labels than {FLAT} at 500", fewer, "times", FEWER, True)
        yield Finding(f"{tree.name}: order at its worst", curves.worst(), "s.e.", -1, True)
    yield from _speed(project(0))


def _project(texts: data.TextSet, tree: Tree) -> Project:
    """Return a project about a sample of a set: for all seeds the same if it comes split."""
    pool, test = texts.pool, texts.test
    draw = np.random.default_rng(0)
    pool = pool.take(draw.permutation(len(pool))[:_MOST_POOL])
    test = test.take(draw.permutation(len(test))[:_MOST_TEST])
    classes = sorted({*pool.labels.tolist(), *test.labels.tolist()})
    control = RECIPE.read(parse(config_of([tree.path(name) for name in classes])))
    assert control is not None
    metrics: Mapping[str, Metric] = {
        "path": lambda answers, labels: _right(control, answers, labels),
        "share of the path": lambda answers, labels: _share(control, answers, labels),
    }
    parts = [_part(control, each, tree) for each in (pool, test)]
    return Project(control, _tools(), parts[0], parts[1], metrics)


def config_of(paths: Sequence[Path]) -> str:
    """Return the label config of a tree with these leaves, by the titles that people read."""

    def below(above: Path) -> str:
        within = [path for path in paths if path[: len(above)] == above and len(path) > len(above)]
        names = dict.fromkeys(path[len(above)] for path in within)
        return "".join(
            f"<Choice value={quoteattr(_TITLES.get(name, name))} alias={quoteattr(name)}>"
            f"{below((*above, name))}</Choice>"
            for name in names
        )

    return (
        '<View><Text name="text" value="$text"/>'
        f'<Taxonomy name="topic" toName="text" leafsOnly="true">{below(())}</Taxonomy></View>'
    )


def _part(control: Taxonomy, part: data.Part, tree: Tree) -> Part:
    labels = [control.tree.label_of([list(tree.path(name))]) for name in part.labels.tolist()]
    return Part(part.texts, labels, part.features.columns())


@cache
def _tools() -> Toolbox:
    encoder = OnnxEncoder(EncoderFiles.built_in(), threads=2)
    return Toolbox(encoder.name, lambda: encoder)


def _right(control: Taxonomy, answers: Answers, labels: Sequence[Label]) -> float:
    return float((control.measure.hits(answers, labels) == 1).mean())


def _share(control: Taxonomy, answers: Answers, labels: Sequence[Label]) -> float:
    return float(control.measure.hits(answers, labels).mean())


def _flat(project: Project) -> Baseline:
    """Return logistic regression on TF-IDF of characters, its C tuned by cross-validation.

    The terms are weighted by the whole pool. Fitted to the rows as seen by their inner products,
    which gives the same model in a fraction of the time.
    """
    terms = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    pool, test = terms.fit_transform(project.pool.inputs), terms.transform(project.test.inputs)
    leaf = np.array([_name(label) for label in project.pool.labels])
    paths = {_name(label): label[0] for label in project.pool.labels}
    whole = [label[0] for label in project.test.labels]

    def run(rows: NDArray[np.int64]) -> Mapping[str, float]:
        here, there = _seen(pool[rows], test)
        said = _tuned(here, leaf[rows]).predict(there)
        hits = [_common(paths[name], given) for name, given in zip(said, whole, strict=True)]
        return {"path": float(np.mean(np.array(hits) == 1)), "share of the path": np.mean(hits)}

    return run


def _name(label: Any) -> str:
    return ".".join(label[0])


def _common(one: Sequence[str], other: Sequence[str]) -> float:
    depth = next((d for d in range(len(one)) if one[: d + 1] != other[: d + 1]), len(one))
    return depth / max(len(one), len(other))


def _seen(rows: Any, others: Any) -> tuple[Floats, Floats]:
    """Return rows, and others, in no more columns than rows, with the same inner products."""
    strengths, sides = eigh((rows @ rows.T).toarray())
    is_real = strengths > 1e-9
    projected = sides[:, is_real] / np.sqrt(strengths[is_real])
    return sides[:, is_real] * np.sqrt(strengths[is_real]), (others @ rows.T) @ projected


def _tuned(rows: Floats, labels: NDArray[np.str_]) -> LogisticRegression:
    """Return a fit with the best C; classes are balanced, which is worth more than any C."""
    fits = [LogisticRegression(C=c, class_weight="balanced", max_iter=500) for c in _PENALTIES]
    folds = KFold(3, shuffle=True, random_state=0)
    with catch_warnings():
        simplefilter("ignore", UserWarning)  # of classes with few examples
        scores = [cross_val_score(fit, rows, labels, cv=folds).mean() for fit in fits]
        return fits[int(np.argmax(scores))].fit(rows, labels)


def _speed(project: Project) -> Iterator[Finding]:
    """Yield how long a training takes, and an answer for a task compared with its bare parts."""
    control, tools = project.control, project.tools
    learnt = project.pool.features.take(range(_RETRAINED))
    started = time.perf_counter()
    fitted = control.fit(
        project.pool.labels[:_RETRAINED],
        learnt,
        project.pool.features.take(range(_RETRAINED, 2 * _RETRAINED)),
        tools,
    )
    artefact = fitted.packed().artefact
    spent = time.perf_counter() - started
    yield Finding(f"retraining on {_RETRAINED:,} labels", spent, "s", RETRAIN_S)
    model = control.load(artefact)
    names = control.known(model.names)
    assert names is not None

    def bare(text: str) -> None:
        model.answer(control.features([text], tools))

    def whole(text: str) -> None:
        one = control.input_of({"text": text})
        answers = control.shown(model.answer(control.features([one], tools)), names)
        control.measure.reading(answers)
        control.results(answers)

    texts = [f"{text} " for text in project.test.inputs[:200]]
    times: dict[Callable[[str], None], list[float]] = {bare: [], whole: []}
    for text in texts:  # in turns, each on a text of its own: none is remembered
        for call, kept in times.items():
            started = time.perf_counter()
            call(f"{text}{call.__name__}")
            kept.append(time.perf_counter() - started)
    ratio = float(np.median(times[whole]) / np.median(times[bare]))
    yield Finding("a task's answer, of its features and model alone", ratio, "times", WARM_TIMES)
