"""Predicting: one result for each task, whatever it holds."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.domain.ordering.random_share import are_random
from labelloop.errors import TooLarge
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.serving.predict import blinded, predict
from labelloop.usecases.serving.serve import Served
from tests.builders import PROJECT, label_config
from tests.fakes import Classifier, lengths_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class LengthModel(Classifier):
    """Longer texts are more positive."""

    def __init__(self, *names: str, seconds=lambda length: None) -> None:
        self.names = names or ("Negative", "Positive")
        self._seconds = seconds

    def predict_proba(self, seen):
        lengths = lengths_of(seen)
        for length in lengths:
            self._seconds(length)
        first = 1 / (2 + lengths)
        rest = (1 - first) / (len(self.names) - 1)
        return np.stack([first] + [rest] * (len(self.names) - 1), axis=1)


def served(model) -> Served:
    return Served("1-a", model, recipe="text_choices")


def predictions(tasks, model=None, config=None, **kwargs):
    asked = served(model or LengthModel())
    return predict(tasks, config or label_config(), asked, Toolbox(), **kwargs)


def task(text):
    return {"id": 1, "data": {"text": text}}


def test_each_task_gets_the_likeliest_label_and_its_confidence():
    one, other = predictions([task(""), task("abcdefgh")])

    assert one.result == [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["Negative"]},
            "score": 0.5,
        }
    ]
    assert other.result[0]["value"]["choices"] == ["Positive"]
    assert other.result[0]["score"] == pytest.approx(0.9)
    assert other.score == pytest.approx(0.9)  # behind what has a place in the queue


@given(st.lists(JSON | st.builds(lambda d: {"data": d}, JSON) | st.builds(task, JSON), max_size=8))
def test_whatever_the_tasks_hold_there_is_one_finite_result_each(tasks):
    results = predictions(tasks)

    assert len(results) == len(tasks)
    assert all(math.isfinite(one.score) for one in results)
    json.dumps([one.result for one in results], allow_nan=False)


def test_unreadable_tasks_go_last_and_do_not_shift_the_others():
    first, unreadable, last = predictions([task(""), {"data": {}}, task("abcdefgh")])

    assert (unreadable.result, unreadable.score) == ([], 1.0)
    assert first.result[0]["value"]["choices"] == ["Negative"]
    assert last.result[0]["value"]["choices"] == ["Positive"]


def test_a_project_without_a_model_gets_empty_results_that_are_all_first():
    untrained = Served("untrained", None)

    found = predict([task("a")] * 3, label_config(), untrained, Toolbox())
    assert [(p.result, p.score) for p in found] == [([], 0.5)] * 3


@pytest.mark.parametrize(
    "config",
    ["", "<View/>", "nonsense", label_config("Other", "Labels"), label_config("Positive", "New")],
)
def test_a_label_config_the_model_cannot_answer_gets_empty_results(config):
    results = predict([task("a")] * 2, config, served(LengthModel()), Toolbox())

    assert [p.result for p in results] == [[], []]


def test_a_version_of_another_kind_of_labelling_is_asked_nothing():
    other = Served("1-a", LengthModel(), recipe="another")

    results = predict([task("a")] * 2, label_config(), other, Toolbox())

    assert [(p.result, p.score) for p in results] == [([], 0.5)] * 2


def test_labels_that_are_offered_no_more_are_not_predicted_and_their_share_goes_to_the_others():
    model = LengthModel("Gone", "Positive", "Negative")

    (one,) = predictions([task("")], model)

    assert one.result[0]["value"]["choices"] == ["Positive"]
    assert one.result[0]["score"] == pytest.approx(0.5)


def test_the_names_of_the_controls_are_those_of_the_request():
    renamed = label_config().replace('name="label"', 'name="sentiment"')

    (one,) = predictions([task("a")], config=renamed)

    assert one.result[0]["from_name"] == "sentiment"


def test_a_request_that_would_take_too_long_is_refused_at_its_beginning():
    now = [0.0]

    def take_a_second(_):
        now[0] += 1.0

    with pytest.raises(TooLarge, match="fewer tasks"):
        predictions([task("a")] * 1_000, LengthModel(seconds=take_a_second), clock=lambda: now[0])

    assert now[0] < 400


def test_a_request_whose_answer_would_be_too_large_is_refused_before_any_work():
    def fail(_):
        raise AssertionError("worked")

    with pytest.raises(TooLarge, match="fewer tasks"):
        predictions([task("a")] * 50_000, LengthModel(seconds=fail))


def test_the_end_of_a_very_long_text_counts_for_nothing():
    now = [0.0]

    def take_what_is_read(length):
        now[0] += 0.001 + length / 1e6

    tasks = [task("ab")] * 256 + [task("x" * 5_000_000)]
    model = LengthModel(seconds=take_what_is_read)

    assert len(predictions(tasks, model, clock=lambda: now[0])) == 257


def test_long_names_of_controls_count_for_the_size_of_the_answer():
    long_names = label_config().replace('"label"', '"' + "n" * 300 + '"')

    with pytest.raises(TooLarge, match="too large"):
        predictions([task("a")] * 12_000, config=long_names)
    assert predictions([task("a")] * 12_000)


def test_a_large_answer_is_refused_without_a_model_too():
    with pytest.raises(TooLarge, match="fewer tasks"):
        predict([{}] * 2_000_000, "", Served("untrained", None), Toolbox())


def test_no_tasks_are_no_results():
    assert predictions([]) == []


def test_the_random_share_gets_no_suggestion_until_a_task_is_labelled():
    tasks = [task("abc") | {"id": id_} for id_ in range(1, 201)]
    random = are_random(range(1, 201), PROJECT)

    open_, done = (
        blinded(predictions(tasks), [one | {"is_labeled": is_done} for one in tasks], PROJECT)
        for is_done in (False, True)
    )

    assert [bool(one.result) for one in open_] == [not one for one in random]
    assert [one.score for one in open_] == [one.score for one in done]
    assert all(one.result for one in done)


def test_a_task_that_waits_for_more_annotators_is_shown_without_a_suggestion():
    id_ = int(np.flatnonzero(are_random(range(100), PROJECT))[0])
    half_done = task("abc") | {"id": id_, "is_labeled": False, "total_annotations": 1}

    (answer,) = blinded(predictions([half_done]), [half_done], PROJECT)

    assert answer.result == []


@given(JSON)
def test_whatever_a_task_is_hiding_suggestions_fails_on_none(one):
    tasks = [one, {"id": one, "data": {"text": "abc"}}]

    assert len(blinded(predictions(tasks), tasks, PROJECT)) == 2


def test_a_result_that_would_break_the_page_is_left_out(monkeypatch):
    broken = [{"from_name": "label", "to_name": "text", "value": {"choices": ["Positive"]}}]
    monkeypatch.setattr(TextChoices, "results", lambda *_: [broken])

    (one,) = predictions([task("abc")])

    assert one.result == []
    assert 0 <= one.score <= 1
