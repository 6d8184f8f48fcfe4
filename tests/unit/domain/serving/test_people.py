"""What each annotator did."""

from labelloop.domain.serving.people import Agreement, people
from tests.builders import annotation


def at(n: int, seconds: int, day: int = 23, **changes):
    time = f"2026-11-{day}T10:{seconds // 60:02d}:{seconds % 60:02d}.000000+00:00"
    return annotation(n, created_at=time, updated_at=time, **changes)


def test_labels_are_counted_by_annotator_and_day():
    rows = [at(1, 0, annotator=7), at(2, 9, annotator=7, skipped=True), at(3, 0, 24, annotator=8)]
    rows += [at(4, 0, 24, annotator=8), at(5, 0, annotator=None)]

    first, second, third = people(rows, {7: [1.0, 0.0]}, {8: Agreement(0.8, 12)})

    assert (first.annotator, first.labels, first.days) == (8, 2, {"2026-11-24": 2})
    assert {second.annotator, third.annotator} == {7, None}
    seven = second if second.annotator == 7 else third
    assert (seven.labels, seven.skipped, seven.agreement, seven.blind) == (1, 1, 0.5, 2)
    assert (seven.with_others, first.with_others, first.shared) == (None, 0.8, 12)
    assert first.agreement is None


def test_a_pause_is_no_time_spent_on_a_label():
    rows = [at(n, 10 * n) for n in range(6)] + [at(9, 3_000)]

    (person,) = people(rows, {}, {})

    assert person.seconds == 10


def test_too_few_labels_or_an_import_have_no_time():
    few, imported = [at(n, 10 * n) for n in range(4)], [at(n, 0) for n in range(30)]

    assert people(few, {}, {})[0].seconds is None
    assert people(imported, {}, {})[0].seconds is None


def test_nobody_is_nobody():
    assert people([], {}, {}) == []


def test_the_time_that_label_studio_took_counts_before_the_gaps():
    rows = [at(n, 10 * n, lead_time=time) for n, time in enumerate((3.0, 4.0, 5.0, 6.0, 7.0, 9e5))]

    assert people(rows, {}, {})[0].seconds == 5
