"""The model: chains of tags, what is learnt of words, and what is stored."""

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.spans.chain import Chain
from labelloop.recipes.spans.fitted import FittedTagger, _chain
from labelloop.recipes.spans.said import said_of
from labelloop.recipes.spans.seen import Seen
from labelloop.recipes.spans.tagger import Tagger
from labelloop.recipes.tools import Toolbox
from tests.kinds.spans import EXAMPLE
from tests.tiny_encoder import CountingEncoder

CONTROL: Any = control_of(EXAMPLE.config)
LABELS = [CONTROL.label_of(result) for result in EXAMPLE.results]
TOOLS = Toolbox(CountingEncoder.name, CountingEncoder)
SEEN = CONTROL.features([CONTROL.input_of(data) for data in EXAMPLE.tasks], TOOLS)


@pytest.fixture(scope="module")
def fitted() -> FittedTagger:
    return CONTROL.fit(LABELS, SEEN, SEEN, TOOLS)


def test_a_chain_finds_what_trying_all_paths_finds():
    rng = np.random.default_rng(1)
    chain = Chain(rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3))
    chain.next[0, 2] = -np.inf
    scores = rng.normal(size=(6, 3))
    starts = np.array([0, 4, 4, 6])

    path, marginals = chain.run(scores, starts)

    for first, last in ((0, 4), (4, 6)):
        own = scores[first:last]
        paths = list(product(range(3), repeat=last - first))
        weights = [
            chain.first[p[0]]
            + chain.last[p[-1]]
            + sum(own[row, tag] for row, tag in enumerate(p))
            + sum(chain.next[a, b] for a, b in pairwise(p))
            for p in paths
        ]
        odds = np.exp(weights) / np.exp(weights).sum()
        assert tuple(path[first:last]) == paths[int(np.argmax(weights))]
        for row in range(last - first):
            sums = [
                sum(o for o, p in zip(odds, paths, strict=True) if p[row] == t) for t in range(3)
            ]
            assert marginals[first + row] == pytest.approx(sums)


def test_names_that_were_seen_are_found_in_other_texts(fitted):
    text = "Ada Lovelace works for Initech in Oslo"
    answers = fitted.answer(CONTROL.features([{"text": text}], TOOLS))

    assert CONTROL.measure.labels(answers) == [
        [[0, 12, "Person"], [23, 30, "Company"], [34, 38, "Place"]]
    ]
    (result,) = CONTROL.results(answers)
    assert next(region["value"] for region in result) == {
        "start": 0,
        "end": 12,
        "labels": ["Person"],
    }
    assert len({region["id"] for region in result}) == 3
    assert all(0 < region["score"] <= 1 for region in result)


def test_scores_out_of_fold_are_those_of_a_model_without_the_task(fitted):
    left = 5
    rows = np.delete(np.arange(len(LABELS)), left)
    others = FittedTagger(SEEN.take(rows), [LABELS[row] for row in rows], CONTROL.offered, "")

    alone = others.tagger
    words = slice(*SEEN.ragged("words").starts[left : left + 2])
    seen = Seen.of(SEEN)
    assert seen is not None
    scores = alone.head.scores(seen.rows(left, left + 1)) / others.sharpness
    assert fitted._scores[words] / fitted.sharpness == pytest.approx(scores, abs=1e-4)


def test_out_of_fold_answers_are_good_but_not_too_good(fitted):
    measure, out_of_fold = CONTROL.measure, fitted.packed().out_of_fold

    left_out = measure.hits(out_of_fold, LABELS).mean()
    assert 0.6 < left_out <= measure.hits(fitted.answer(SEEN), LABELS).mean()


def test_types_without_an_example_are_not_learnt():
    places = [[span for span in label if span[2] == "Place"] for label in LABELS]

    model = CONTROL.fit(places, SEEN, None, TOOLS)

    assert model.names == ("Place",)
    assert {kind for label in CONTROL.measure.labels(model.answer(SEEN)) for *_, kind in label} == {
        "Place"
    }


def test_two_texts_are_enough_for_a_model():
    model = CONTROL.fit(LABELS[:2], SEEN.take([0, 1]), None, TOOLS)

    assert np.isfinite(said_of(model.packed().out_of_fold).likely).all()


def test_a_task_without_words_has_no_spans(fitted):
    answers = fitted.answer(CONTROL.features([{"text": " "}, {"text": "in Oslo"}], TOOLS))

    assert CONTROL.measure.labels(answers) == [[], [[3, 7, "Place"]]]
    assert CONTROL.results(answers)[0] == []


def test_nothing_to_read_is_nothing_to_learn():
    nothing = CONTROL.features([{"text": ""}] * 3, TOOLS)

    with pytest.raises(Unprocessable, match="no words"):
        CONTROL.fit(LABELS[:3], nothing)


def test_a_stack_without_an_encoder_learns_spellings():
    seen = CONTROL.features([CONTROL.input_of(data) for data in EXAMPLE.tasks], Toolbox())
    model = CONTROL.fit(LABELS, seen)

    assert set(model.needs) == {"words", "spellings"}
    assert model.encoder == ""
    assert CONTROL.measure.hits(model.packed().out_of_fold, LABELS).mean() > 0.6


def test_an_encoder_that_knows_no_words_is_as_good_as_none():
    class Texts(CountingEncoder):
        def words(self, texts, words):
            return np.empty((sum(map(len, words)), 0), np.float32)

    seen = CONTROL.features([{"text": "in Oslo"}], Toolbox("texts-1", Texts))

    assert set(seen.blocks) == {"words", "spellings", "vectors"}


def test_words_that_mean_the_same_to_the_encoder_are_told_apart_by_spelling():
    class Same(CountingEncoder):
        def words(self, texts, words):
            return np.ones((sum(map(len, words)), 4), np.float32)

    tools = Toolbox("same-1", Same)
    seen = CONTROL.features([CONTROL.input_of(data) for data in EXAMPLE.tasks], tools)
    model = CONTROL.fit(LABELS, seen, None, tools)

    assert set(model.needs) == {"words", "spellings", "states"}
    assert CONTROL.measure.hits(model.packed().out_of_fold, LABELS).mean() > 0.5


def test_behind_a_tag_that_was_never_met_any_tag_is_as_likely_as_anywhere():
    counts = np.zeros((4, 4))
    counts[3, 0], counts[0, 0], counts[0, 3] = 5, 9, 5

    chain = _chain(counts)

    assert chain.next[1] == pytest.approx(0)
    assert chain.first[0] > 0 > chain.first[1]


def test_features_of_another_kind_are_refused(fitted):
    with pytest.raises(BadModel, match="wants"):
        fitted.answer(CONTROL.features([{"text": "in Oslo"}], Toolbox()))


def changed(**changes):
    model = CONTROL.fit(LABELS[:9], SEEN.take(range(9)), None, TOOLS).tagger
    for name, value in changes.items():
        if hasattr(model.head, name):
            model.head = replace(model.head, **{name: value})
        else:
            setattr(model, name, value)
    return model.to_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"names": ()},
        {"names": ("a", 1, "b")},
        {"names": ("a",)},
        {"block": "bags"},
        {"offsets": np.full(4, np.nan, np.float32)},
        {"weights": np.zeros((3, 4, 5), np.float32)},
        {"weights": np.zeros((0, 4), np.float32)},
        {"landmarks": np.zeros((2, 4), np.float16)},
        {"reach": np.zeros(3)},
        {"chain": Chain(np.zeros(3), np.zeros((3, 3)), np.zeros(3))},
        {"chain": Chain(*(np.full(shape, -np.inf) for shape in (7, (7, 7), 7)))},
    ],
    ids=lambda changes: str(*changes),
)
def test_a_model_that_does_not_fit_itself_is_refused(changes):
    with pytest.raises(BadModel):
        Tagger.from_bytes(changed(**changes))


def test_a_model_of_another_format_is_refused(monkeypatch):
    monkeypatch.setattr("labelloop.recipes.spans.tagger.FORMAT", 99)
    artefact = changed()
    monkeypatch.undo()

    with pytest.raises(BadModel, match="format 99"):
        Tagger.from_bytes(artefact)


def test_an_answer_in_parts_is_the_same(fitted, monkeypatch):
    whole = said_of(fitted.answer(SEEN))
    monkeypatch.setattr("labelloop.recipes.spans.tagger._WORDS_AT_ONCE", 40)
    parts = said_of(fitted.answer(SEEN))

    assert (whole.path == parts.path).all()
    assert whole.likely == pytest.approx(parts.likely, abs=1e-5)


def test_a_model_that_is_sure_of_nothing_is_served():
    model = CONTROL.fit(LABELS, SEEN, None, TOOLS).tagger
    names = tuple(f"type {number}" for number in range(40))
    k, tags = 1 + len(names), 1 + 2 * len(names)
    head = replace(
        model.head,
        weights=np.zeros((len(model.head.weights), k)),
        offsets=np.zeros(k),
        pull=np.zeros((len(model.head.landmarks), k)),
    )
    unsure = Tagger(
        names,
        model.block,
        "",
        head,
        Chain(np.zeros(tags), np.zeros((tags, tags)), np.zeros(tags)),
    )

    assert Tagger.from_bytes(unsure.to_bytes()).names == names
