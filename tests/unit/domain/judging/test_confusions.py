"""What is taken for what."""

from labelloop.domain.judging.confusions import confusions, shares


def one(label):
    return [label]


def test_the_most_frequent_confusion_comes_first():
    labels, predicted = ["a", "a", "b", "c", "c"], ["b", "b", "b", "a", "c"]

    assert confusions(labels, predicted, one) == [
        {"label": "a", "predicted": "b", "tasks": 2},
        {"label": "c", "predicted": "a", "tasks": 1},
    ]
    assert confusions(labels, predicted, one, most=1)[0]["tasks"] == 2


def test_a_part_that_is_missing_or_too_much_is_paired_with_nothing():
    found = confusions([["a", "b"], ["a"]], [["a"], ["a", "c"]], list)

    assert found == [
        {"label": "", "predicted": "c", "tasks": 1},
        {"label": "b", "predicted": "", "tasks": 1},
    ]


def test_labels_without_parts_are_not_confused():
    assert confusions([1.0, 2.0], [2.0, 1.0], lambda _: ()) == []


def test_shares_count_tasks():
    assert shares([["a", "a"], ["a", "b"]], list) == {"a": 1.0, "b": 0.5}
    assert shares([], list) == {}
