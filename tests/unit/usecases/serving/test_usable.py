"""No label is missing without a word."""

from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.learning.examples import examples_of
from labelloop.recipes import control_of
from labelloop.usecases.serving.usable import LeftOut, usable
from tests.builders import created, label_config

CONTROL = control_of(label_config())


def counted(*events, control=CONTROL):
    return usable(fold(Dataset(), events), control)


def test_labels_that_are_learnt_are_counted_and_nothing_is_left_out():
    found = counted(created(1), created(2, "Negative"), created(3, skipped=True))

    assert (found.annotations, found.usable, found.left_out) == (2, 2, [])


def test_what_teaches_nothing_is_counted_by_reason_with_its_tasks():
    other = [{"from_name": "mood", "value": {"choices": ["x"]}}]
    found = counted(
        created(1),
        created(9, None),
        created(3, None),
        created(4, result=other),
        created(5, "Neutral"),
        created(6, "Bad"),
        created(7, "Bad"),
        created(8, text=["a", {}]),
    )

    assert (found.annotations, found.usable) == (8, 1)
    assert found.left_out == [
        LeftOut("with a choice that the label config doesn't offer (Bad, Neutral)", 3, [5, 6, 7]),
        LeftOut("submitted empty", 2, [3, 9]),
        LeftOut("on tasks without a text under $text", 1, [8]),
        LeftOut("without an answer to 'label'", 1, [4]),
    ]


def test_of_many_tasks_the_first_are_named():
    (row,) = counted(*(created(i, None) for i in range(1, 50))).left_out

    assert (row.annotations, row.tasks) == (49, list(range(1, 11)))


def test_the_counts_read_as_a_sentence():
    found = counted(created(1), created(5, "Bad"), *(created(i, None) for i in range(10, 30)))

    assert found.line() == (
        "1 of 22 annotations are usable; "
        "20 submitted empty: tasks 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, ...; "
        "1 with a choice that the label config doesn't offer (Bad): task 5"
    )


def test_what_is_usable_is_what_is_learnt():
    events = [created(i, ("Positive", "Bad", None)[i % 3]) for i in range(1, 31)]
    dataset = fold(Dataset(), events)

    assert usable(dataset, CONTROL).usable == len(examples_of(dataset, CONTROL).tasks) == 10
