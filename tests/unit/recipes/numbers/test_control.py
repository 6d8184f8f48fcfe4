"""What a number means for the loop: labels, reasons, results."""

import json

import numpy as np
import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.numbers.control import NumberControl
from labelloop.recipes.numbers.measure import answers_of
from labelloop.recipes.numbers.recipe import RECIPE
from labelloop.recipes.tools import Toolbox

# As in a project whose payloads were recorded: stars, a number with a default, a slider.
CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Rating name="stars" toName="text" maxRating="7"/>'
    '<Number name="price" toName="text" min="0" max="100" step="5" defaultValue="10"/>'
    '<Number name="conf" toName="text" min="0" max="1" step="0.1" slider="true"/></View>'
)
RESULT = [
    {"value": value, "id": id_, "from_name": name, "to_name": "text", "type": kind}
    for id_, name, kind, value in (
        ("tL9Wh5MSRf", "stars", "rating", {"rating": 6}),
        ("yh-I8jxch4", "price", "number", {"number": 35}),
        ("8imy1uwqJ7", "conf", "number", {"number": 0.8}),
    )
]


def read(xml: str) -> NumberControl:
    control = RECIPE.read(parse(xml))
    assert control is not None
    return control


def only(name: str) -> NumberControl:
    """Return the control of that name, the others left out of the config."""
    kept = [part for part in CONFIG.split("<") if "toName" not in part or f'"{name}"' in part]
    return read("<".join(kept))


STARS, PRICE, SHARE = only("stars"), only("price"), only("conf")


def test_of_several_numbers_each_reads_its_own_and_the_others_are_named():
    assert [one.label_of(RESULT) for one in (STARS, PRICE, SHARE)] == [6, 35, 0.8]
    assert read(CONFIG).others == ("Number 'price'", "Number 'conf'")


def test_people_are_shown_the_range():
    assert STARS.about() == {
        "choice": "stars",
        "text": "$text",
        "labels": ["1 to 7"],
        "others": [],
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"rating": 0}, ("without an answer to 'stars'", "")),
        ({"rating": None}, ("without an answer to 'stars'", "")),
        ({"number": 3}, ("without an answer to 'stars'", "")),
        ({"rating": 9}, ("with a number that is not within 1 to 7", "9")),
        ({"rating": "many"}, ("with a number that is not within 1 to 7", "many")),
        (None, ("without an answer to 'stars'", "")),
    ],
)
def test_what_is_no_label_has_a_reason(value, reason):
    result = [RESULT[0] | {"value": value}]

    assert STARS.label_of(result) is None
    assert STARS.why_unusable(result, True) == reason


def test_what_other_makers_of_annotations_write_is_read():
    region = {"from_name": "stars", "value": {"rating": "4"}}

    assert STARS.label_of([region]) == 4
    assert STARS.label_of([region, region | {"value": {"rating": 4.5}}]) == 4.5  # the last counts


def test_a_default_that_nobody_touched_is_an_answer_and_is_counted():
    untouched = [RESULT[1] | {"value": {"number": 10}}]
    labels = [10, 10, 35, 50]

    assert PRICE.label_of(untouched) == 10
    seen = PRICE.features([f"text {n}" for n in labels], Toolbox())
    assert PRICE.fit(labels, seen).packed().facts["labels_at_default"] == 2


def test_results_are_what_the_editor_lets_pass():
    said = answers_of(np.array([-1.0, 0.33, 0.72, 2.0]), np.full(4, 0.1))

    shown = [[part[0]["value"] for part in one.results(said)] for one in (STARS, PRICE, SHARE)]

    assert shown == [
        [{"rating": stars} for stars in (1, 3, 5, 7)],
        [{"number": price} for price in (0, 35, 70, 100)],
        [{"number": share} for share in (0, 0.3, 0.7, 1)],
    ]
    assert all(type(one["rating"]) is int for one in shown[0])
    (region,) = STARS.results(said)[1]
    assert region.keys() == {"from_name", "to_name", "type", "value", "score"}
    assert 0 < region["score"] < 1
    assert json.loads(json.dumps(region)) == region


def test_a_model_of_another_range_answers_nothing():
    assert STARS.known(("1 to 7",)) == ("1 to 7",)
    assert STARS.known(("1 to 5",)) is None


def test_one_number_alone_teaches_nothing():
    assert STARS.missing([4, 4, 4, 4], 2) == (
        "a model takes 3 usable labels, not all the same, and there are 4, 1 of them different"
    )
    assert STARS.missing([4, 4, 5], 2) == ""
    assert STARS.missing([4, 4, 5], 20)
