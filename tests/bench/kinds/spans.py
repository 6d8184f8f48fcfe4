"""Spans: exact span F1 by sentence, against a CRF with the usual features of words.

Snips' slots (nlu-benchmark, CC0-1.0): sentences with 2.6 spans of 39 types. The model was made on
them, so no goal here is about unseen data: the second project, the sentences about music and films,
is a part of them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns, joined
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.protocol import Control
from labelloop.recipes.spans.marked import tags_of
from labelloop.recipes.spans.measure import MEASURE
from labelloop.recipes.spans.recipe import RECIPE
from labelloop.recipes.spans.said import runs_of
from labelloop.recipes.spans.words import words_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Served
from tests.bench.kinds.curves import Baseline, Part, Project, compared
from tests.bench.labels.sources import marked_texts
from tests.bench.report import Finding

NAME = "exact span F1"
_OF_MEDIA = {"album", "artist", "genre", "movie_name", "movie_type", "music_item", "playlist"}
_WARM = 50


def findings(seeds: int) -> Iterator[Finding]:
    """Label Snips' slots, all of them and those of media alone."""
    rows = slots()
    media = [row for row in rows if {kind for *_, kind in row[1]} & _OF_MEDIA]
    for name, some in (("Snips slots", rows), ("slots of media", media)):
        curves = compared(name, partial(project, some), {"CRF": crf}, seeds)
        spans = curves[NAME]
        fewer = spans.times_fewer("random", "CRF")
        yield Finding(f"{name}: random order takes fewer texts than a CRF", fewer, "times", 3, True)
        fewer = spans.times_fewer("typical_then_margin", "CRF")
        yield Finding(
            f"{name}: our order takes fewer than a CRF at random", fewer, "times", 3, True
        )
        worst = spans.worst()
        yield Finding(f"{name}: our order against random, worst size", worst, "errors", -1, True)
    yield from _timed(project(rows, 0))


def slots() -> list[tuple[str, Label]]:
    """Return Snips' sentences and their spans."""
    return [
        (
            text,
            sorted([r["value"]["start"], r["value"]["end"], *r["value"]["labels"]] for r in marks),
        )
        for text, marks in marked_texts("snips_ner")
    ]


def project(rows: list[tuple[str, Label]], seed: int) -> Project:
    """Return a project that is to label 2,000 sentences, measured on 700 others, drawn anew."""
    order = np.random.default_rng(seed).permutation(len(rows))
    drawn = [rows[row] for row in order.tolist()]
    held_out = min(700, len(drawn) // 4)
    control = _control(sorted({kind for _, label in rows for *_, kind in label}))
    test, pool = drawn[:held_out], drawn[held_out : held_out + 2_000]
    return Project(control, tools(), _part(control, pool), _part(control, test), {NAME: _f1})


@cache
def tools() -> Toolbox:
    """Return the stack's encoder."""
    encoder = OnnxEncoder(EncoderFiles.built_in())
    return Toolbox(encoder.name, lambda: encoder)


_rows: dict[str, Columns] = {}  # features by text: projects of all seeds share texts


def _part(control: Control, rows: list[tuple[str, Label]]) -> Part:
    inputs = [{"text": text} for text, _ in rows]
    if new := [one for one in inputs if one["text"] not in _rows]:
        made = control.features(new, tools())
        _rows.update({one["text"]: made.take([row]) for row, one in enumerate(new)})
    features = joined([_rows[one["text"]] for one in inputs])
    return Part(inputs, [label for _, label in rows], features)


def _config(names: Sequence[str]) -> str:
    labels = "".join(f'<Label value="{name}"/>' for name in names)
    shown = '<Text name="t" value="$text"/>'
    return f'<View><Labels name="ner" toName="t">{labels}</Labels>{shown}</View>'


def _control(names: Sequence[str]) -> Control:
    control = RECIPE.read(parse(_config(names)))
    assert control is not None
    return control


def _f1(answers: Answers, labels: Sequence[Label]) -> float:
    return span_f1(MEASURE.labels(answers), labels)


def span_f1(said: Any, given: Any) -> float:
    """Return the F1 of exact spans of all texts together, as the literature counts it."""
    pairs = [
        ({(*s,) for s in one}, {(*s,) for s in other})
        for one, other in zip(said, given, strict=True)
    ]
    right = sum(len(one & other) for one, other in pairs)
    return 2 * right / max(1, sum(len(one) + len(other) for one, other in pairs))


# -- the CRF --------------------------------------------------------------------------------------


def crf(of: Project) -> Baseline:
    """Return sklearn-crfsuite with features of two words on each side; c1 and c2 not tuned."""
    from sklearn_crfsuite import CRF

    names = of.control.offered
    pool, test = (_seen(part, names) for part in (of.pool, of.test))

    def tags_by(model: Any) -> list[list[int]]:
        return [list(map(int, path)) for path in model.predict([one[0] for one in test])]

    def run(rows: NDArray[np.int64]) -> Mapping[str, float]:
        model = CRF(algorithm="lbfgs", c1=0.1, c2=0.05, max_iterations=100)
        model.fit([pool[row][0] for row in rows], [pool[row][1] for row in rows])
        said = [
            [[places[a][0], places[b - 1][1], names[kind]] for a, b, kind in runs_of(path)]
            for path, places in zip(tags_by(model), (one[2] for one in test), strict=True)
        ]
        return {NAME: span_f1(said, of.test.labels)}

    return run


def _seen(part: Part, names: Any) -> list[tuple[list[dict[str, Any]], list[str], Any]]:
    found = []
    for one, label in zip(part.inputs, part.labels, strict=True):
        words = words_of(one)
        places = np.array(words.places, np.int64).reshape(-1, 2)
        tags = [str(tag) for tag in tags_of(label, places, names).tolist()]
        spelt = words.spellings
        found.append(([_looks(spelt, row) for row in range(len(spelt))], tags, words.places))
    return found


def _looks(words: list[str], row: int) -> dict[str, Any]:
    looks: dict[str, Any] = {"bias": 1.0, "first": row == 0, "last": row == len(words) - 1}
    for beside in (-2, -1, 0, 1, 2):
        if 0 <= row + beside < len(words):
            word = words[row + beside]
            looks |= {f"{beside}:word": word.lower(), f"{beside}:title": word.istitle()}
            looks |= {f"{beside}:upper": word.isupper(), f"{beside}:digit": word.isdigit()}
    word = words[row]
    return looks | {f"end{size}": word[-size:] for size in (2, 3)} | {"begin3": word[:3]}


# -- how long it takes ----------------------------------------------------------------------------


def _timed(of: Project) -> Iterator[Finding]:
    started = time.perf_counter()
    features = of.control.features(list(of.pool.inputs[:1_000]), of.tools)
    fitted = of.control.fit(of.pool.labels[:1_000], features, None, of.tools)
    artefact = fitted.packed().artefact
    seconds = time.perf_counter() - started
    yield Finding("spans: a training at 1,000 texts, with their words", seconds, "s", 20)
    model = of.control.load(artefact)
    served = Served("1-x", model, recipe="spans")
    texts = [one["text"] for one in of.test.inputs[:_WARM]]
    config = _config(of.control.offered)
    whole = _median(
        lambda text: predict([{"data": {"text": text}}], config, served, of.tools), texts
    )
    bare = _median(
        lambda text: model.answer(of.control.features([{"text": text}], of.tools, model.needs)),
        texts,
    )
    yield Finding(
        "spans: a warm answer against features and model alone", whole / bare, "times", 1.5
    )


def _median(call: Any, texts: list[str]) -> float:
    times = []
    for text in texts:
        started = time.perf_counter()
        call(text)
        times.append(time.perf_counter() - started)
    return float(np.median(times))
