"""What tasks offer, what annotators' results mean, and what is shown of answers."""

import numpy as np
import pytest

from labelloop.domain.columns import starts_of
from labelloop.recipes import control_of
from labelloop.recipes.candidates.answers import answers_of, named
from tests.kinds.candidates import BUCKETS, OPTIONS, ORDER

IN_ORDER, IN_BUCKETS, ONE = (control_of(xml) for xml in (ORDER, BUCKETS, OPTIONS))
ITEMS = [{"id": "a", "title": "A", "body": "first"}, {"id": "b", "title": "B"}, {"id": 3}]


def ranker(value, **changes):
    made = {"from_name": "rank", "to_name": "results", "type": "ranker", "id": "ScRtvPQrw4"}
    return [made | {"value": {"ranker": value}} | changes]


def picked(choices):
    names = {"from_name": "pick", "to_name": "prompt", "type": "choices"}
    return [names | {"value": {"choices": choices}}]


def test_items_are_read_with_their_ids():
    assert IN_ORDER.input_of({"items": ITEMS, "prompt": "?"}) == {
        "ids": ["a", "b", 3],
        "texts": ["A\nfirst", "B", ""],
        "beside": "?",
    }


@pytest.mark.parametrize(
    "items",
    [
        None,
        "a,b",
        [],
        ["a", "b"],
        [{"id": "a"}],
        [{"id": "a"}, {"id": "a"}],
        [{"id": "a"}, {"title": "without an id"}],
        [{"id": "a"}, {"id": ["b"]}],
        [{"id": True}, {"id": "b"}],
    ],
)
def test_items_that_a_result_could_not_name_are_not_read(items):
    assert IN_ORDER.input_of({"items": items, "prompt": "?"}) is None


def test_one_item_can_be_sorted_and_not_ordered():
    data = {"items": ITEMS[:1], "prompt": "?"}

    assert IN_BUCKETS.input_of(data) is not None
    assert IN_ORDER.input_of(data) is None


def test_options_are_answered_by_their_alias():
    options = [{"value": "A1", "html": "<b>bold</b>"}, {"value": "B1", "alias": "bee"}]

    assert ONE.input_of({"prompt": "?", "options": options}) == {
        "ids": ["A1", "bee"],
        "texts": ["A1\nbold", "B1"],
        "beside": "?",
    }


@pytest.mark.parametrize(
    "options", [["x", "y"], [{"value": "x"}], [{"alias": "x"}, {"value": "y"}]]
)
def test_options_that_can_not_be_chosen_are_not_read(options):
    assert ONE.input_of({"prompt": "?", "options": options}) is None


@pytest.mark.parametrize("origin", ["manual", "prediction"])
def test_an_order_is_read_whoever_began_it(origin):
    assert IN_ORDER.label_of(ranker({"rank": ["b", 3, "a"]}, origin=origin)) == ["b", 3, "a"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        ["a", "b"],
        {"other": ["a", "b"]},
        {"rank": ["a"]},
        {"rank": ["a", "a"]},
        {"rank": [{}]},
    ],
)
def test_what_is_no_order_is_no_label(value):
    assert IN_ORDER.label_of(ranker(value)) is None


def test_buckets_are_read_without_the_order_within_them():
    value = {"_": ["c"], "helpful": ["b", "a"], "harmful": []}

    label = IN_BUCKETS.label_of(ranker(value))

    assert label == {"_": ["c"], "helpful": ["a", "b"]}
    assert IN_BUCKETS.parts(label) == ("helpful", "_")


def test_a_ranker_that_nobody_touched_is_no_label():
    result = ranker({"_": ["a", "b"], "helpful": [], "harmful": []})

    assert IN_BUCKETS.label_of(result) is None
    assert IN_BUCKETS.why_unusable(result, True) == (
        "without an answer to 'rank'",
        "that sorts nothing",
    )


def test_a_bucket_that_is_not_offered_is_left_out():
    assert IN_BUCKETS.label_of(ranker({"nowhere": ["a"], "helpful": ["b"]})) == {"helpful": ["b"]}
    assert IN_BUCKETS.label_of(ranker({"nowhere": ["a"]})) is None


@pytest.mark.parametrize(
    ("choices", "label"), [(["bee"], "bee"), ("bee", "bee"), ([], None), (["a", "b"], None)]
)
def test_one_chosen_option_is_a_label(choices, label):
    assert ONE.label_of(picked(choices)) == label


def test_a_result_names_exactly_the_tasks_own_items_the_best_one_first():
    answers = answers_of(
        np.array([0.5, 2.0, 1.0, 3.0, 1.0]), starts_of([3, 2]), named([["a", "b", 3], ["a", "c"]])
    )

    first, second = (result[0] for result in IN_ORDER.results(answers))

    assert first["value"] == {"ranker": {"rank": ["b", 3, "a"]}}
    assert second["value"] == {"ranker": {"rank": ["a", "c"]}}
    assert (first["to_name"], first["type"]) == ("results", "ranker")
    (chosen, _) = (result[0] for result in ONE.results(answers))
    assert (chosen["value"], chosen["type"]) == ({"choices": ["b"]}, "choices")


def test_each_item_is_shown_in_one_bucket():
    rows = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.0, 0.9, 0.1]])
    names = ("_", "helpful", "harmful")
    answers = answers_of(rows, starts_of([3]), named([["a", "b", "c"]]), names)

    ((region,),) = IN_BUCKETS.results(answers)

    assert region["value"] == {"ranker": {"helpful": ["c", "a"], "harmful": [], "_": ["b"]}}
    assert region["score"] == pytest.approx(0.8)


def test_buckets_that_the_config_lost_are_not_shown():
    names = ("_", "gone", "helpful")

    assert IN_BUCKETS.known(names) == ("_", "helpful")
    assert IN_BUCKETS.known(("gone", "_")) is None
    answers = answers_of(np.array([[0.2, 0.5, 0.3]]), starts_of([1]), named([["a"]]), names)
    shown = IN_BUCKETS.shown(answers, ("_", "helpful"))
    assert IN_BUCKETS.results(shown)[0][0]["value"]["ranker"]["helpful"] == ["a"]


def test_all_in_one_bucket_teaches_nothing():
    labels = [{"helpful": ["a"]}, {"helpful": ["b"]}]

    assert IN_BUCKETS.missing(labels, 0) == "a model takes candidates in two buckets or more"
    assert IN_BUCKETS.missing([*labels, {"_": ["a"], "helpful": ["b"]}], 0) == ""
