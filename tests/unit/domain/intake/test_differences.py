"""What a page read from Label Studio has that the dataset lacks."""

from labelloop.domain.intake.differences import Page, annotations_to_fold
from labelloop.domain.intake.folding import Dataset, fold
from tests.builders import annotation, created, task

NOW = "2026-11-23T12:00:00.000000+00:00"


def page(*rows):
    return Page([task(1)], list(rows), 0, 9, as_of=NOW, now=NOW)


def test_a_time_that_was_not_stored_is_folded_as_by_an_event_and_corrects_nothing():
    dataset = fold(Dataset(), [created(1)])

    (row,) = annotations_to_fold(dataset, page(annotation(1, lead_time=4.2)))

    assert (row.lead_time, row.as_of) == (4.2, "")


def test_a_row_without_its_time_is_no_difference():
    dataset = fold(Dataset(), [created(1, lead_time=4.2)])

    assert annotations_to_fold(dataset, page(annotation(1))) == []
