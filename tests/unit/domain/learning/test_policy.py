"""The quiet period: when a wake-up may leave the work to a later one."""

from datetime import UTC, datetime, timedelta

from labelloop.domain.learning.policy import Patience, can_leave_to_a_later_event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = Patience(quiet_s=10, max_wait_s=60, retrain_after=5)


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


def can_leave(own: datetime | None, *pending: datetime) -> bool:
    return can_leave_to_a_later_event(own, pending, NOW, PATIENCE)


def test_the_last_event_of_a_burst_is_not_left():
    assert not can_leave(ago(10), ago(12), ago(10))


def test_an_event_before_the_last_is_left_to_the_last():
    assert can_leave(ago(12), ago(12), ago(10))


def test_events_of_the_same_second_leave_nothing_to_each_other():
    assert not can_leave(ago(10), ago(10), ago(10))


def test_enough_events_end_the_wait():
    assert not can_leave(ago(12), *[ago(12 - i) for i in range(5)])


def test_early_versions_come_after_half_as_many_labels_more():
    known, at = 10, []
    while known < 100:
        at.append(known)
        known += Patience(quiet_s=10, max_wait_s=120, retrain_after=20).after(known).retrain_after

    assert at == [10, 15, 22, 33, 49, 69, 89]


def test_the_first_version_is_not_waited_for_once_there_are_enough_labels():
    assert PATIENCE.after(labels=0, wanted=4).retrain_after == 4
    assert PATIENCE.after(labels=9, wanted=1).retrain_after == 1


def test_labels_that_give_no_model_are_not_tried_at_every_label():
    patience = Patience(quiet_s=10, max_wait_s=120, retrain_after=20)
    assert [patience.after(known, wanted=0).retrain_after for known in (10, 20, 60)] == [5, 10, 20]


def test_in_a_large_project_a_burst_has_to_be_large_to_end_the_wait():
    assert PATIENCE.after(labels=100).retrain_after == 5
    assert PATIENCE.after(labels=8_000).retrain_after == 7_900


def test_an_old_event_ends_the_wait():
    assert not can_leave(ago(12), ago(60), ago(10))


def test_a_folded_event_leaves_fresh_ones_to_their_own_wake_ups():
    assert can_leave(None, ago(3))


def test_a_folded_event_takes_care_of_one_whose_wake_up_is_overdue():
    assert not can_leave(None, ago(12))


def test_with_nothing_pending_the_model_may_still_be_behind():
    assert not can_leave(None)


def test_a_late_wake_up_leaves_an_event_to_its_own_for_the_quiet_period_and_a_second():
    assert can_leave(None, ago(10))
    assert not can_leave(None, ago(11))
