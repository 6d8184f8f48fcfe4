"""Pushing a ranking: killed, overtaken, twice at once, and what Label Studio refuses."""

from dataclasses import replace

import pytest

from labelloop.bucket.lease import PUSHER, Lease
from labelloop.messages import RankWakeUp
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.ordering.trim import TrimLimits
from tests.builders import region
from tests.unit.usecases.ordering.versions import lengths_in_order_served, run


@pytest.mark.parametrize(
    "call", ["tasks_after", "add_predictions", "change_project", "prediction_counts"]
)
def test_a_push_that_was_killed_is_finished_by_the_next_one(
    deps, activate, label_studio, id_, call, limit, monkeypatch
):
    limit(predictions_at_once=2)
    real, calls = getattr(label_studio, call), []

    def die_once(*args, **kwargs):
        calls.append(1)
        if len(calls) == (2 if call == "add_predictions" else 1):
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(label_studio, call, die_once)
    first = activate("1-aaaaaaaa")
    with pytest.raises(KeyboardInterrupt):
        run(first, deps)
    deps.rank_queue.sent.clear()
    if call in ("add_predictions", "prediction_counts"):
        assert label_studio.project(id_)["model_version"] == ""

    run(first, deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}
    assert lengths_in_order_served(label_studio, id_, 3) == [1, 2, 3]


def test_a_version_that_a_newer_one_overtakes_is_shown_until_that_one_is_pushed(
    deps, activate, label_studio, id_, monkeypatch
):
    real, newest = label_studio.add_predictions, []

    def overtaken(*args):
        monkeypatch.setattr(label_studio, "add_predictions", real)
        newest.append(activate("2-bbbbbbbb"))
        return real(*args)

    monkeypatch.setattr(label_studio, "add_predictions", overtaken)
    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert RankOutcome.SUPERSEDED in outcomes
    assert label_studio.project(id_)["model_version"] == "1-aaaaaaaa"
    run(newest[0], deps)
    assert label_studio.project(id_)["model_version"] == "2-bbbbbbbb"
    assert label_studio.prediction_counts(id_)["2-bbbbbbbb"] == 5


def test_a_version_that_an_older_one_is_chosen_over_is_not_switched_to(
    deps, activate, label_studio, id_, monkeypatch
):
    run(activate("2-bbbbbbbb"), deps)
    real = label_studio.add_predictions

    def overtaken(*args):
        monkeypatch.setattr(label_studio, "add_predictions", real)
        activate("1-aaaaaaaa")
        return real(*args)

    monkeypatch.setattr(label_studio, "add_predictions", overtaken)
    run(activate("3-cccccccc"), deps)

    assert label_studio.project(id_)["model_version"] == "2-bbbbbbbb"


def test_if_label_studio_takes_no_prediction_the_project_is_not_switched(
    deps, activate, label_studio, id_, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.ordering.push.count", lambda _: None)
    label_studio.labels = {"Other"}

    assert run(activate("1-aaaaaaaa"), deps)[-1] is RankOutcome.REFUSED
    assert label_studio.project(id_)["model_version"] == ""


def test_results_that_label_studio_would_refuse_are_pushed_as_places_alone(
    deps, activate, label_studio, id_, monkeypatch
):
    wrong = [region("Positive") | {"value": {"choices": "Positive"}}]
    monkeypatch.setattr(
        TextChoices, "results", lambda _, answers: [wrong for _ in range(len(answers))]
    )

    assert RankOutcome.PUSHED in run(activate("1-aaaaaaaa"), deps)

    assert [one["result"] for one in label_studio.predictions_of(id_)] == [[]] * 5
    assert lengths_in_order_served(label_studio, id_, 3) == [1, 2, 3]


def test_a_task_deleted_without_our_knowing_does_not_stop_the_others(
    deps, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)
    label_studio.delete_task(label_studio.next_task(id_))

    assert RankOutcome.PUSHED in run(activate("2-bbbbbbbb"), deps)
    assert label_studio.prediction_counts(id_)["2-bbbbbbbb"] == 4


def test_predictions_that_somebody_deleted_are_pushed_anew_when_asked(
    deps, activate, label_studio, id_
):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    for one in label_studio.predictions_of(id_)[:3]:
        label_studio.delete_prediction(one["id"])

    run(first, deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}
    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]


def test_a_push_that_meets_another_comes_after_it(
    deps, activate, label_studio, id_, key, monkeypatch
):
    real, met = label_studio.add_predictions, []

    def meanwhile(*args):
        monkeypatch.setattr(label_studio, "add_predictions", real)
        met.append(rank(RankWakeUp(key, "push", "1-aaaaaaaa"), deps))
        met.append(deps.rank_queue.sent[-1])
        return real(*args)

    monkeypatch.setattr(label_studio, "add_predictions", meanwhile)
    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert met == [RankOutcome.LEFT_TO_HOLDER, (RankWakeUp(key, "push", "1-aaaaaaaa"), 2)]
    assert outcomes.count(RankOutcome.PUSHED) == 2
    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_a_long_trim_rests_and_goes_on(deps, activate, label_studio, clock, limit, monkeypatch):
    limit(trim=TrimLimits(superseded=0, at_once=1))
    run(activate("1-aaaaaaaa"), deps)
    delete = label_studio.delete_prediction
    slow = lambda row: (clock.sleep(15), delete(row))  # noqa: E731
    monkeypatch.setattr(label_studio, "delete_prediction", slow)

    outcomes = run(activate("2-bbbbbbbb"), deps)

    assert outcomes.count(RankOutcome.TRIMMING) == 4
    assert outcomes[-1] is RankOutcome.WAITING


def test_a_wake_up_of_the_sweep_shortens_no_rest(
    deps, activate, label_studio, id_, clock, key, limit, monkeypatch
):
    limit(trim=TrimLimits(superseded=0, at_once=1))
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), replace(deps, keeps_predictions=True))
    delete = label_studio.delete_prediction
    slow = lambda row: (clock.sleep(15), delete(row))  # noqa: E731
    monkeypatch.setattr(label_studio, "delete_prediction", slow)
    trim = RankWakeUp(key, "trim", "2-bbbbbbbb")

    assert rank(trim, deps) is RankOutcome.TRIMMING
    clock.sleep(10)
    assert rank(trim, deps) is RankOutcome.LEFT_TO_HOLDER
    ((sent, delay),) = deps.rank_queue.sent
    clock.sleep(delay - 10)
    assert rank(sent, deps) is RankOutcome.TRIMMING
    assert label_studio.prediction_counts(id_)["1-aaaaaaaa"] == 3


def test_a_trim_stops_once_a_newer_version_is_active(
    deps, activate, label_studio, id_, limit, monkeypatch
):
    limit(trim=TrimLimits(superseded=0, at_once=1))
    run(activate("1-aaaaaaaa"), deps)
    delete = label_studio.delete_prediction
    newer = lambda row: (activate("3-cccccccc"), delete(row))  # noqa: E731
    monkeypatch.setattr(label_studio, "delete_prediction", newer)

    assert run(activate("2-bbbbbbbb"), deps)[-1] is RankOutcome.SUPERSEDED
    assert label_studio.prediction_counts(id_)["1-aaaaaaaa"] == 4


def test_nothing_is_deleted_beside_a_push(deps, activate, label_studio, id_, key, clock):
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), deps)
    clock.sleep(3600)
    Lease(deps.store, key, PUSHER).take("somebody", clock.now.timestamp(), 60)

    assert run(RankWakeUp(key, "trim", "2-bbbbbbbb"), deps) == [RankOutcome.SUPERSEDED]
    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5, "2-bbbbbbbb": 5}


def test_one_trims_at_a_time(deps, activate, label_studio, key, limit, monkeypatch):
    limit(trim=TrimLimits(superseded=0))
    run(activate("1-aaaaaaaa"), deps)
    delete, met = label_studio.delete_prediction, []

    def meanwhile(row):
        met.append(rank(RankWakeUp(key, "trim", "2-bbbbbbbb"), deps))
        delete(row)

    monkeypatch.setattr(label_studio, "delete_prediction", meanwhile)
    outcomes = run(activate("2-bbbbbbbb"), deps)

    assert set(met) == {RankOutcome.LEFT_TO_HOLDER}
    assert outcomes[-1] is RankOutcome.WAITING


def test_what_two_pushes_stored_twice_loses_its_repeats(
    deps, activate, label_studio, id_, key, clock, monkeypatch
):
    real = label_studio.add_predictions

    def overtaken(*args):
        monkeypatch.setattr(label_studio, "add_predictions", real)
        clock.sleep(3600)  # the lease has run out, and its holder goes on
        run(RankWakeUp(key, "push", "1-aaaaaaaa"), deps)
        return real(*args)

    monkeypatch.setattr(label_studio, "add_predictions", overtaken)
    run(activate("1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}
    assert len({one["task"] for one in label_studio.predictions_of(id_)}) == 5
