"""What annotations mean, and what predictions are shown."""

from typing import Any

import numpy as np
import pytest

from labelloop.recipes.taxonomy.paths import answers_of
from labelloop.recipes.taxonomy.tree import Tree
from labelloop.recipes.text.probabilities import probabilities_of
from tests.unit.recipes.taxonomy.test_config import config, read

CONTROL = read(config())
GREY = ["Eukarya", "Extraterrestial", "Grey"]
NOT_OFFERED = "with paths that the label config doesn't offer"


def region(*paths: Any, **changes: Any) -> dict[str, Any]:
    return {
        "value": {"taxonomy": list(paths)},
        "id": "acndp1M4lj",
        "from_name": "tax",
        "to_name": "text",
        "type": "taxonomy",
        "origin": "manual",
    } | changes


def test_paths_that_were_clicked_are_a_label_in_the_order_of_the_config():
    clicked = region(["Eukarya", "Extraterrestial", "Human"], ["Eukarya", "opo"], ["Bacteria"])

    assert CONTROL.label_of([clicked]) == [
        ["Bacteria"],
        ["Eukarya", "opo"],
        ["Eukarya", "Extraterrestial", "Human"],
    ]


def test_a_choice_above_others_is_a_label_of_its_own():
    assert CONTROL.label_of([region(["Eukarya"])]) == [["Eukarya"]]


def test_a_path_of_values_means_the_same_as_that_of_aliases():
    assert CONTROL.label_of([region(["Eukarya", "Oppossum"])]) == [["Eukarya", "opo"]]


def test_what_was_clicked_twice_counts_once():
    assert CONTROL.label_of([region(GREY, GREY)]) == [GREY]


def test_paths_that_are_not_offered_are_left_out():
    assert CONTROL.label_of([region(["Virus"], ["Archaea"], ["Human"])]) == [["Archaea"]]


def test_of_two_answers_the_one_that_the_page_shows_counts():
    assert CONTROL.label_of([region(GREY), region(["Archaea"])]) == [["Archaea"]]


def test_the_regions_of_other_controls_are_passed_over():
    others = [region(["Bacteria"], from_name="other"), {"type": "relation", "from_id": "a"}]

    assert CONTROL.label_of([region(GREY), *others]) == [GREY]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([], "without an answer to 'tax'"),
        ([region()], "without an answer to 'tax'"),
        ([region(["Archaea"], value=None)], "without an answer to 'tax'"),
        ([region(["Archaea"], value={"choices": ["Archaea"]})], "without an answer to 'tax'"),
        ([region(["Virus"])], NOT_OFFERED),
        ([region(["Human"])], NOT_OFFERED),
        ([region("Eukarya", "Human")], NOT_OFFERED),  # a flat list, which shows its last letters
        ([region([])], NOT_OFFERED),
        ([region([3])], NOT_OFFERED),
        ([region(None)], NOT_OFFERED),
        ([region(value={"taxonomy": "Archaea"})], NOT_OFFERED),
        ([region(value={"taxonomy": 7})], NOT_OFFERED),
    ],
)
def test_a_result_without_a_path_that_is_offered_is_no_label(result, reason):
    assert CONTROL.label_of(result) is None
    assert CONTROL.why_unusable(result, True)[0] == reason


def test_with_leaves_only_a_choice_above_others_is_no_label():
    control = read(config('leafsOnly="true"'))

    assert control.label_of([region(["Eukarya"])]) is None
    assert control.label_of([region(["Eukarya"], GREY)]) == [GREY]
    assert control.why_unusable([region(["Eukarya"])], True) == (NOT_OFFERED, "Eukarya")


def test_the_first_path_is_the_example_of_what_is_not_offered():
    assert CONTROL.why_unusable([region(["Virus", "Corona"])], True)[1] == "Virus / Corona"


def test_parts_are_the_paths_and_all_choices_above_them():
    assert CONTROL.parts([["Archaea"], GREY]) == (
        "Archaea",
        "Eukarya",
        "Eukarya / Extraterrestial",
        "Eukarya / Extraterrestial / Grey",
    )


def test_labels_of_one_path_are_too_few():
    assert "2 labels of 1 path" in CONTROL.missing([[GREY], [GREY]], 2)
    assert "1 label of 2 paths" in CONTROL.missing([[GREY, ["Archaea"]]], 2)
    assert CONTROL.missing([[GREY], [["Archaea"]]], 2) == ""


def test_the_likeliest_path_is_shown_as_the_editor_shows_it():
    answers = answers_of(np.array([[0.2, 0.5, 0.3]]), ("Archaea", "Eukarya / opo", "Bacteria"))

    assert CONTROL.results(answers) == [
        [
            {
                "from_name": "tax",
                "to_name": "text",
                "type": "taxonomy",
                "value": {"taxonomy": [["Eukarya", "opo"]]},
                "score": pytest.approx(0.5),
            }
        ]
    ]


NAMES = ("Archaea", "Bacteria", "Eukarya", "Eukarya / Human")
THREE = answers_of(np.array([[0.3, 0.3, 0.31, 0.09]]), NAMES, 3.0)


def test_paths_likelier_than_not_are_shown_in_the_order_of_the_config():
    value = CONTROL.results(THREE)[0][0]["value"]

    assert value == {"taxonomy": [["Archaea"], ["Bacteria"], ["Eukarya"]]}


def test_never_more_paths_are_shown_than_may_be_chosen():
    two = read(config('maxUsages="2"'))

    assert two.results(THREE)[0][0]["value"] == {"taxonomy": [["Archaea"], ["Eukarya"]]}
    assert len(two.largest(NAMES)[0]["value"]["taxonomy"]) == 2


def test_with_leaves_only_never_another_choice_is_shown():
    control = read(config('leafsOnly="true"'))

    known = control.known(NAMES)
    assert known is not None
    shown = control.shown(THREE, known)

    assert known == ("Archaea", "Bacteria", "Eukarya / Human")
    assert probabilities_of(shown).sum() == pytest.approx(1.0)
    assert control.results(shown)[0][0]["value"] == {"taxonomy": [["Archaea"], ["Bacteria"]]}


def test_paths_that_are_not_offered_any_more_are_not_known():
    assert CONTROL.known(("Archaea", "Virus", "Bacteria")) == ("Archaea", "Bacteria")
    assert CONTROL.known(("Archaea", "Virus")) is None


def test_controls_are_told_apart_by_their_trees():
    again, other = read(config()), read(config('leafsOnly="true"'))

    assert again == CONTROL != other
    assert len({CONTROL, again, other}) == 2


def test_the_tree_of_some_paths_holds_all_above_them():
    tree = Tree.of([("b", "c"), ("a",)])

    assert tree.names == ("a", "b", "b / c")
    assert tree.choosable == tree.paths
