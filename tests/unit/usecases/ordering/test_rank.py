"""Ranking: after each new version Label Studio's next task is the one most worth labelling."""

from dataclasses import replace
from itertools import count

import pytest

from labelloop.bucket.archive import Archive
from labelloop.bucket.orders import Orders
from labelloop.bucket.pool import Pool
from labelloop.domain.intake.folding import fold
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.version import UNTRAINED
from labelloop.errors import Denied, Retryable, Unavailable
from labelloop.labelstudio.payloads import read_tasks
from labelloop.messages import RankWakeUp
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from tests.builders import created, label_config
from tests.unit.usecases.ordering.versions import (
    OneVersion,
    Untrained,
    lengths_in_order_served,
    project_key_of,
    run,
)


def test_the_next_tasks_are_those_the_version_is_least_sure_of(deps, activate, label_studio, id_):
    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert outcomes[:2] == [RankOutcome.SURVEYED, RankOutcome.PLANNED]
    assert outcomes[-2:] == [RankOutcome.PUSHED, RankOutcome.TRIMMED]
    known = label_studio.project(id_)
    assert (known["model_version"], known["sampling"]) == ("1-aaaaaaaa", "Uncertainty sampling")
    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]


@pytest.fixture
def nested(project, label_studio, id_) -> None:
    """The project's choices are paths: Label Studio's import refuses all predictions of them."""
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = label_config().replace("single", 'single" allowNested="true')
    label_studio.change_project(id_, label_config=dataset.label_config)
    project.add_dataset(after, dataset)


@pytest.mark.usefixtures("nested")
def test_predictions_that_the_import_refuses_are_stored_one_by_one(
    deps, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)

    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]
    values = [region["value"] for one in label_studio.predictions(id_) for region in one["result"]]
    assert values
    assert all(isinstance(choice, list) for value in values for choice in value["choices"])


@pytest.mark.usefixtures("nested")
def test_behind_the_first_of_the_queue_they_are_left_out_and_the_order_stays(
    deps, activate, label_studio, id_, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.ordering.push._MOST_ALONE", 2)
    run(activate("1-aaaaaaaa"), deps)

    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]
    by_score = sorted(label_studio.predictions(id_), key=lambda one: one["score"])
    assert [bool(one["result"]) for one in by_score] == [True, True, False, False, False]


def test_only_the_head_of_the_queue_is_pushed(deps, activate, label_studio, id_):
    run(activate("1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_a_newer_version_takes_over_and_the_older_ones_predictions_go_once_nobody_labels(
    deps, activate, label_studio, id_, key, clock
):
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), deps)
    assert label_studio.project(id_)["model_version"] == "2-bbbbbbbb"
    clock.sleep(3600)

    assert run(RankWakeUp(key, "trim", "2-bbbbbbbb"), deps) == [RankOutcome.TRIMMED]
    assert label_studio.prediction_counts(id_) == {"2-bbbbbbbb": 5}
    assert Pool(deps.store, key).ranked() == ("2-bbbbbbbb", True)


def test_once_all_is_labelled_what_was_superseded_goes_all_the_same(
    deps, activate, label_studio, id_, project, clock, monkeypatch
):
    object.__setattr__(deps, "versions", lambda: Untrained(UNTRAINED))
    run(RankWakeUp(project.key), deps)
    run(activate("1-aaaaaaaa"), deps)
    monkeypatch.setattr("labelloop.usecases.ordering.ranking.placed", lambda *_: [])
    clock.sleep(3600)

    outcomes = run(activate("2-bbbbbbbb"), deps)

    assert outcomes[-2:] == [RankOutcome.NOTHING_LEFT, RankOutcome.TRIMMED]
    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}  # which is shown


def test_superseded_predictions_are_kept_when_asked(deps, activate, label_studio, id_):
    object.__setattr__(deps, "keeps_predictions", True)
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5, "2-bbbbbbbb": 5}


def test_predictions_of_others_are_never_deleted(deps, activate, label_studio, id_):
    task = label_studio.next_task(id_)
    label_studio.add_predictions(id_, [{"task": task, "result": [], "model_version": "gpt"}])
    run(activate("1-aaaaaaaa"), deps)

    assert "gpt" in label_studio.prediction_counts(id_)


def test_the_pool_is_listed_once_and_not_for_every_version(deps, activate, label_studio):
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), deps)

    assert label_studio.calls.count("tasks_after") == 3  # the pages


def test_every_step_may_run_twice(deps, activate, label_studio, id_):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    for step in ("plan", "score", "push", "trim"):
        run(RankWakeUp(first.project, step, "1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_a_step_for_an_older_version_stops(deps, activate, key):
    activate("2-bbbbbbbb")

    assert run(RankWakeUp(key, "push", "1-aaaaaaaa"), deps) == [RankOutcome.SUPERSEDED]


def test_whoever_switched_the_order_off_is_left_alone(deps, activate, label_studio, id_):
    run(activate("1-aaaaaaaa"), deps)
    label_studio.change_project(id_, sampling="Sequential sampling")
    run(activate("2-bbbbbbbb"), deps)

    assert label_studio.project(id_)["sampling"] == "Sequential sampling"


def test_new_tasks_of_an_event_join_the_order_of_the_version_that_is_shown(
    deps, activate, store, key, label_studio, id_
):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    (new,) = label_studio.import_tasks(id_, [{"text": ""}])
    Pool(store, key).add("event", read_tasks([label_studio._tasks[new]]))

    run(first, deps)

    assert label_studio.next_task(id_) == new
    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 6}


def test_two_who_plan_at_once_make_one_plan(deps, activate, store, key, monkeypatch):
    create = store.create

    def overtaken(name, body):
        if "plan-" in name:
            monkeypatch.setattr(store, "create", create)
            Pool(store, key).plan("1-aaaaaaaa", 1)
        return create(name, body)

    Pool(store, key).add("a", [])
    monkeypatch.setattr(store, "create", overtaken)

    assert Pool(store, key).plan("1-aaaaaaaa", 7) == Pool(store, key).parts("1-aaaaaaaa")


def test_before_the_first_model_typical_tasks_come_first(deps, key, label_studio, id_, project):
    object.__setattr__(deps, "versions", lambda: Untrained(UNTRAINED))

    assert RankOutcome.PUSHED in run(RankWakeUp(key), deps)

    known = label_studio.project(id_)
    assert (known["model_version"], known["sampling"]) == (UNTRAINED, "Uncertainty sampling")
    rows = label_studio.predictions_of(id_)
    assert len(rows) == 5
    assert all(one["result"] == [] and 0 <= one["score"] < 0.5 for one in rows)


def test_the_first_version_takes_over_from_the_order_without_one(
    deps, activate, key, label_studio, id_, clock
):
    object.__setattr__(deps, "versions", lambda: Untrained(UNTRAINED))
    run(RankWakeUp(key), deps)
    clock.sleep(3600)
    run(activate("1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_every_tenth_place_is_for_the_random_share(deps, activate, label_studio, id_, monkeypatch):
    monkeypatch.undo()
    label_studio.import_tasks(id_, [{"text": f"{number} " * number} for number in range(200)])
    object.__setattr__(deps, "queue_length", 60)

    run(activate("1-aaaaaaaa"), deps)

    rows = sorted(label_studio.predictions_of(id_), key=lambda one: one["score"])
    fair = are_random([one["task"] for one in rows], project_key_of(label_studio, id_)).tolist()
    assert [place for place, random in enumerate(fair, 1) if random] == [10, 20, 30, 40, 50, 60]


@pytest.fixture
def label(project, label_studio):
    """Have an annotator label or skip a task, and the dataset know it."""
    years = count(2000)

    def label(task: int, *, skipped: bool = False) -> None:
        if not skipped:
            label_studio.annotate(task, "Positive")
        after = project.dataset_pointer()
        time = f"{next(years)}-01-01T00:00:00.000000+00:00"
        event = created(task, updated_at=time, skipped=skipped)
        project.add_dataset(after, fold(project.dataset(after.value), [event]))

    return label


@pytest.mark.parametrize("skips", [False, True])
def test_every_tenth_label_is_of_the_random_share_where_a_version_follows_each(
    deps, activate, label, label_studio, id_, key, monkeypatch, skips
):
    monkeypatch.undo()
    label_studio.import_tasks(id_, [{"text": f"{number} " * number} for number in range(200)])
    object.__setattr__(deps, "queue_length", 60)
    skipped: list[int] = []
    labelled: list[int] = []

    for number in range(1, 32):
        version = f"{number}-aaaaaaaa"
        run(activate(version), deps)
        rows = sorted(label_studio.predictions_of(id_, version), key=lambda one: one["score"])
        left = [one["task"] for one in rows if one["task"] not in {*labelled, *skipped}]
        if skips and not skipped and are_random(left[:1], key)[0]:
            skipped.append(left.pop(0))  # Label Studio never serves it to who skipped it
            label(skipped[0], skipped=True)
        labelled.append(left[0])
        label(left[0])

    fair = are_random(labelled, key).tolist()
    first = 11 if skips else 10
    assert [place for place, random in enumerate(fair, 1) if random] == [
        first,
        first + 10,
        first + 20,
    ]


def test_a_task_that_was_labelled_since_it_was_scored_takes_no_place(
    deps, activate, label, label_studio, id_, key, monkeypatch
):
    monkeypatch.undo()
    label_studio.import_tasks(id_, [{"text": f"{number} " * number} for number in range(200)])
    object.__setattr__(deps, "queue_length", 60)
    wake_up = activate("1-aaaaaaaa")
    run(wake_up, deps)

    def queue() -> list[int]:
        order = Orders(deps.store, key).newest("1-aaaaaaaa")
        return [one.task for one in order.queue] if order else []

    first = queue()
    for task in first[:10]:  # the tenth is of the random share
        label(task)

    run(wake_up, deps)

    then = queue()
    assert not set(first[:10]) & set(then)
    fair = are_random(then, key).tolist()
    assert [place for place, random in enumerate(fair, 1) if random] == [10, 20, 30, 40, 50, 60]


def test_without_a_label_studio_nothing_is_done(deps, key, project):
    object.__setattr__(deps, "label_studio", lambda: None)
    assert rank(RankWakeUp(key), deps) is RankOutcome.UNCONNECTED


def test_a_version_that_is_not_served_yet_is_tried_again(deps, activate, key):
    wake_up = activate("1-aaaaaaaa")
    object.__setattr__(deps, "versions", lambda: OneVersion("0-old"))

    with pytest.raises(Retryable):
        run(wake_up, deps)


@pytest.mark.parametrize(("trouble", "error"), [("down", Unavailable), ("denied", Denied)])
def test_a_label_studio_in_trouble_sends_the_step_back_to_the_queue(
    deps, activate, label_studio, trouble, error
):
    setattr(label_studio, trouble, True)

    with pytest.raises(error):
        run(activate("1-aaaaaaaa"), deps)


def test_a_project_made_anew_under_the_same_id_is_not_touched(
    deps, activate, label_studio, id_, key
):
    label_studio._projects[id_]["created_at"] = "2027-01-01T00:00:00Z"

    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert outcomes == [RankOutcome.GONE]
    assert not {"add_predictions", "change_project"} & set(label_studio.calls)
    assert "another one by now, made 2027" in Archive(deps.store, key).state().reason


def test_a_project_that_was_deleted_is_no_dead_letter(deps, activate, label_studio, id_, key):
    label_studio.delete_project(id_)

    assert run(activate("1-aaaaaaaa"), deps) == [RankOutcome.GONE]
    assert Archive(deps.store, key).state()


def test_a_project_that_is_there_again_is_ranked_again(deps, activate, label_studio, key, clock):
    Archive(deps.store, key).put("deleted", clock())

    assert RankOutcome.PUSHED in run(activate("1-aaaaaaaa"), deps)
    assert not Archive(deps.store, key).state()


@pytest.mark.parametrize("is_blind", [True, False])
def test_the_random_share_has_its_places_and_no_suggestion(
    deps, activate, label_studio, id_, key, monkeypatch, is_blind
):
    monkeypatch.undo()
    deps = replace(deps, queue_length=100, is_blind=is_blind)
    label_studio.import_tasks(id_, [{"text": "x" * length} for length in range(1, 60)])
    run(activate("1-aaaaaaaa"), deps)

    pushed = label_studio.predictions(id_)
    random = are_random([one["task"] for one in pushed], key)
    suggested = [bool(one["result"]) for one in pushed]
    assert 0 < random.sum() < len(random)
    assert suggested == [not (is_blind and one) for one in random]
    assert len({one["score"] for one in pushed}) == len(pushed)


def test_who_asks_has_tasks_ranked_that_no_event_told_of(deps, activate, label_studio, id_, key):
    run(activate("1-aaaaaaaa"), deps)
    (new,) = label_studio.import_tasks(id_, [{"text": ""}])

    outcomes = run(RankWakeUp(key, "survey"), deps)

    assert outcomes[:2] == [RankOutcome.SURVEYED, RankOutcome.PLANNED]
    assert label_studio.next_task(id_) == new


def test_labels_that_a_survey_finds_wake_the_trainer(deps, activate, label_studio, id_, key, queue):
    run(activate("1-aaaaaaaa"), deps)
    queue.sent.clear()
    label_studio.annotate(label_studio.next_task(id_), "Positive")

    run(RankWakeUp(key, "survey"), deps)

    assert {wake_up.project for wake_up, _ in queue.sent} == {key}


def test_a_long_survey_takes_turns_with_other_projects(
    deps, activate, label_studio, id_, key, clock, monkeypatch
):
    real = label_studio.tasks_after
    label_studio.tasks_after = lambda *asked: (clock.sleep(40), real(*asked))[1]

    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert outcomes[:3] == [RankOutcome.UNFINISHED, RankOutcome.SURVEYED, RankOutcome.PLANNED]
    assert RankOutcome.PUSHED in outcomes
