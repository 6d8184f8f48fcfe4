"""What Label Studio would show wrongly is left out."""

import pytest

from labelloop.usecases.serving.showable import Door
from tests.builders import label_config, region

WRONG = [region("No such label")]


def door(**changes) -> Door:
    return Door(label_config(), "1-a", **changes)


def test_right_results_pass_as_they_are():
    results = [[region("Positive")], [], [region("Negative")]]

    assert door().showable(results, [None] * 3) == results


def test_where_the_first_is_wrong_all_are_checked_and_the_wrong_ones_left_out(caplog):
    results = [[], WRONG, [region("Negative")], WRONG]

    assert door().showable(results, [None] * 4) == [[], [], [region("Negative")], []]
    assert "results rejected" in caplog.text


def test_one_result_of_a_request_is_a_sample():
    results = [[region("Positive")], WRONG]

    assert door().showable(results, [None] * 2) == results


@pytest.mark.parametrize("label_config", ["", "<View"])
def test_without_a_readable_label_config_nothing_is_checked(label_config):
    assert Door(label_config, "1-a").showable([WRONG], [None]) == [WRONG]
