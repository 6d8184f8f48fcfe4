"""Spans: exact span F1 by text and by words read, against a CRF and spaCy's blank model.

Snips' slots (nlu-benchmark, CC0-1.0): sentences with 2.6 spans of 39 types. The model was made on
them. American addresses (usaddress, MIT): 5.9 spans of 29 types; nothing was chosen on them.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import batched, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns, joined
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
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
from tests.bench.kinds.curves import COST, SIZES, Baseline, Part, Project, compared
from tests.bench.labels.sources import addresses, marked_texts
from tests.bench.report import Finding

NAME = "exact span F1"
_WARM = 50
_EPOCHS = 30


def findings(seeds: int) -> Iterator[Finding]:
    """Label Snips' slots, and the parts of addresses."""
    for name, rows in (("Snips slots", slots()), ("addresses", addresses())):
        baselines = {"CRF": crf, "spaCy": blank}
        curves = compared(name, partial(project, rows), baselines, seeds)
        by_words = curves[NAME].by(curves[COST])
        by_words.show()
        for unit, spans, others in (
            ("texts", curves[NAME], baselines),
            ("words", by_words, ["CRF"]),
        ):
            for system, other in product((RANDOM, DEFAULT), others):
                fewer = spans.times_fewer(system, other)
                title = f"{name}: {system} takes fewer {unit} than {other} at random"
                yield Finding(title, fewer, "times", 3, True)
            worst = spans.worst()
            title = f"{name}: our order against random by {unit}, worst size"
            yield Finding(title, worst, "errors", -1, True)
    yield from _timed(project(slots(), 0))


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
    words = np.array([len(words_of({"text": text}).places) for text, _ in pool], np.float64)
    parts = (_part(control, pool), _part(control, test))
    return Project(control, tools(), *parts, {NAME: _f1}, words)


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


# -- baselines ------------------------------------------------------------------------------------


def crf(of: Project) -> Baseline:
    """Return sklearn-crfsuite with features of two words on each side.

    c1 and c2: the best of six at 500 of Snips, on the test set of a seed.
    """
    from sklearn_crfsuite import CRF

    names = of.control.offered
    pool, test = (_seen(part, names) for part in (of.pool, of.test))

    def tags_by(model: Any) -> list[list[int]]:
        return [list(map(int, path)) for path in model.predict([one[0] for one in test])]

    def run(rows: NDArray[np.int64]) -> Mapping[str, float]:
        model = CRF(algorithm="lbfgs", c1=0.01, c2=0.01, max_iterations=100)
        model.fit([pool[row][0] for row in rows], [pool[row][1] for row in rows])
        said = [
            [[places[a][0], places[b - 1][1], names[kind]] for a, b, kind in runs_of(path)]
            for path, places in zip(tags_by(model), (one[2] for one in test), strict=True)
        ]
        return {NAME: span_f1(said, of.test.labels)}

    return run


def blank(of: Project) -> Baseline:
    """Return spaCy's blank English model, with its own features of the same words.

    Learnt from the most labels alone, which takes two minutes: its curve is not used.
    """
    import spacy
    from spacy.tokens import Doc
    from spacy.training import Example

    pool, test = of.pool, of.test

    def run(rows: NDArray[np.int64]) -> Mapping[str, float]:
        if len(rows) < SIZES[-1]:
            return {NAME: np.nan}
        nlp = spacy.blank("en")
        nlp.add_pipe("ner")

        def doc(one: Any) -> Any:
            return Doc(nlp.vocab, words_of(one).spellings or [" "])

        examples = [_example(Example, doc, pool.inputs[row], pool.labels[row], of) for row in rows]
        optimizer = nlp.initialize(lambda: examples)
        draw = random.Random(0)
        for _ in range(_EPOCHS):
            draw.shuffle(examples)
            for batch in batched(examples, 8, strict=False):
                nlp.update(list(batch), sgd=optimizer, drop=0.2)
        said = []
        for one, found in zip(test.inputs, nlp.pipe(map(doc, test.inputs)), strict=True):
            places = words_of(one).places
            said.append([[places[e.start][0], places[e.end - 1][1], e.label_] for e in found.ents])
        return {NAME: span_f1(said, test.labels)}

    return run


def _example(example: Any, doc: Any, one: Any, label: Label, of: Project) -> Any:
    """Return a text with its spans as spaCy reads them: B-, I- and O."""
    from spacy.training import iob_to_biluo

    names = of.control.offered
    places = np.array(words_of(one).places, np.int64).reshape(-1, 2)
    tags = tags_of(label, places, names).tolist()
    marks = ["O" if not tag else f"{'BI'[(tag + 1) % 2]}-{names[(tag - 1) // 2]}" for tag in tags]
    return example.from_dict(doc(one), {"entities": iob_to_biluo(marks or ["O"])})


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
