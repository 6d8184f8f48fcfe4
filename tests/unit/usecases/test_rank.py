"""Ranking: after each new version Label Studio's next task is the one most worth labelling."""

from datetime import datetime

import numpy as np
import pytest

from labelloop.domain.random_share import are_random
from labelloop.errors import Denied, NotFound, Retryable, Unavailable
from labelloop.labelstudio import UNTRAINED, read_tasks
from labelloop.messages import RankWakeUp
from labelloop.pointers import ActivePointer
from labelloop.pool import Pool
from labelloop.project import Project
from labelloop.usecases.featurise import Featuriser
from labelloop.usecases.push import Outcome
from labelloop.usecases.rank import RankDeps, rank
from labelloop.usecases.serve import Served, Versions
from tests.builders import label_config
from tests.fakes import MemoryLabelStudio, lengths_of
from tests.tiny_encoder import CountingEncoder


class LengthHead:
    """The longer a text, the surer."""

    classes = ("Negative", "Positive")
    encoder = ""

    def committee(self, features):
        return None

    def predict_proba(self, features):
        sure = 0.5 + lengths_of(features) / 1000
        return np.stack([1 - sure, sure], axis=1)


class OneVersion(Versions):
    """What serves the projects: always this one."""

    def __init__(self, version: str) -> None:
        self.version = version

    def of(self, project: str) -> Served:
        return Served(self.version, LengthHead(), "margin")


@pytest.fixture
def label_studio() -> MemoryLabelStudio:
    return MemoryLabelStudio(page_size=3)


@pytest.fixture
def id_(label_studio) -> int:
    made = label_studio.create_project(label_config=label_config())
    label_studio.import_tasks(made, [{"text": "x" * length} for length in (5, 3, 9, 1, 7, 2, 8)])
    return made


@pytest.fixture
def key(id_, label_studio) -> str:
    return project_key_of(label_studio, id_)


@pytest.fixture
def project(store, key) -> Project:
    project = Project(store, key)
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = label_config()
    project.add_dataset(after, dataset)
    return project


@pytest.fixture
def deps(store, rank_queue, label_studio, clock, monkeypatch):
    monkeypatch.setattr("labelloop.usecases.rank._SHARDS_IN_A_PART", 1)
    monkeypatch.setattr("labelloop.usecases.order.in_random_order", lambda *_: [])
    return RankDeps(
        store,
        rank_queue,
        lambda: OneVersion("1-aaaaaaaa"),
        Featuriser,
        lambda: label_studio,
        "margin",
        5,
        False,
        clock,
    )


@pytest.fixture
def activate(project, deps):
    def activate(version: str) -> RankWakeUp:
        after = project.active()
        seq = int(version.partition("-")[0])
        to = ActivePointer(version, seq, 1, switch=after.value.switch + 1)
        project.switch(after, to, {"why": "test"})
        served = OneVersion(version)
        object.__setattr__(deps, "versions", lambda: served)
        return RankWakeUp(project.key)

    return activate


def run(first: RankWakeUp, deps) -> list[Outcome]:
    """Take a step, and all that it asks for."""
    deps.queue.sent.append((first, 0))
    outcomes = []
    while deps.queue.sent:
        wake_up, _ = deps.queue.sent.pop(0)
        outcomes.append(rank(wake_up, deps))
    return outcomes


def lengths_in_order_served(label_studio, id_, count: int) -> list[int]:
    served = []
    for _ in range(count):
        task = label_studio.next_task(id_)
        served.append(len(label_studio._tasks[task]["data"]["text"]))
        label_studio.annotate(task, "Positive")
    return served


def test_the_next_tasks_are_those_the_version_is_least_sure_of(deps, activate, label_studio, id_):
    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert outcomes[0] is Outcome.PLANNED
    assert outcomes[-2:] == [Outcome.PUSHED, Outcome.TRIMMED]
    known = label_studio.project(id_)
    assert (known["model_version"], known["sampling"]) == ("1-aaaaaaaa", "Uncertainty sampling")
    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]


def test_only_the_head_of_the_queue_is_pushed(deps, activate, label_studio, id_):
    run(activate("1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_a_newer_version_takes_over_and_the_older_ones_predictions_go(
    deps, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)
    run(activate("2-bbbbbbbb"), deps)

    assert label_studio.project(id_)["model_version"] == "2-bbbbbbbb"
    assert label_studio.prediction_counts(id_) == {"2-bbbbbbbb": 5}


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

    assert label_studio.calls.count("tasks") == 1


def test_every_step_may_run_twice(deps, activate, label_studio, id_):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    for step in ("plan", "score", "push", "trim"):
        run(RankWakeUp(first.project, step, "1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


@pytest.mark.parametrize(
    "call", ["tasks", "add_predictions", "change_project", "prediction_counts"]
)
def test_a_push_that_was_killed_is_finished_by_the_next_one(
    deps, activate, label_studio, id_, call, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.push._PREDICTIONS_AT_ONCE", 2)
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
    deps.queue.sent.clear()
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

    assert Outcome.SUPERSEDED in outcomes
    assert label_studio.project(id_)["model_version"] == "1-aaaaaaaa"
    run(newest[0], deps)
    assert label_studio.project(id_)["model_version"] == "2-bbbbbbbb"
    assert label_studio.prediction_counts(id_) == {"2-bbbbbbbb": 5}


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


def test_a_step_for_an_older_version_stops(deps, activate, key):
    activate("2-bbbbbbbb")

    assert run(RankWakeUp(key, "push", "1-aaaaaaaa"), deps) == [Outcome.SUPERSEDED]


def test_whoever_switched_the_order_off_is_left_alone(deps, activate, label_studio, id_):
    run(activate("1-aaaaaaaa"), deps)
    label_studio.change_project(id_, sampling="Sequential sampling")
    run(activate("2-bbbbbbbb"), deps)

    assert label_studio.project(id_)["sampling"] == "Sequential sampling"


def test_if_label_studio_takes_no_prediction_the_project_is_not_switched(
    deps, activate, label_studio, id_, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.push.count", lambda _: None)
    label_studio.labels = {"Other"}

    assert run(activate("1-aaaaaaaa"), deps)[-1] is Outcome.REFUSED
    assert label_studio.project(id_)["model_version"] == ""


def test_a_task_deleted_without_our_knowing_does_not_stop_the_others(
    deps, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)
    label_studio.delete_task(label_studio.next_task(id_))

    assert Outcome.PUSHED in run(activate("2-bbbbbbbb"), deps)
    assert label_studio.prediction_counts(id_) == {"2-bbbbbbbb": 4}


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
        met.append(deps.queue.sent[-1])
        return real(*args)

    monkeypatch.setattr(label_studio, "add_predictions", meanwhile)
    outcomes = run(activate("1-aaaaaaaa"), deps)

    assert met == [Outcome.LEFT_TO_HOLDER, (RankWakeUp(key, "push", "1-aaaaaaaa"), 15)]
    assert outcomes.count(Outcome.PUSHED) == 2
    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_a_long_trim_lets_pushes_pass_and_goes_on(
    deps, activate, label_studio, clock, key, monkeypatch
):
    run(activate("1-aaaaaaaa"), deps)
    monkeypatch.setattr("labelloop.usecases.trim._BETWEEN_LOOKS", 1)
    delete = label_studio.delete_prediction
    slow = lambda row: (clock.sleep(15), delete(row))  # noqa: E731
    monkeypatch.setattr(label_studio, "delete_prediction", slow)

    outcomes = run(activate("2-bbbbbbbb"), deps)

    assert outcomes.count(Outcome.TRIMMING) == 4
    assert outcomes[-1] is Outcome.TRIMMED


def test_one_trims_at_a_time(deps, activate, label_studio, key, monkeypatch):
    run(activate("1-aaaaaaaa"), deps)
    delete, met = label_studio.delete_prediction, []

    def meanwhile(row):
        met.append(rank(RankWakeUp(key, "trim", "2-bbbbbbbb"), deps))
        delete(row)

    monkeypatch.setattr(label_studio, "delete_prediction", meanwhile)
    outcomes = run(activate("2-bbbbbbbb"), deps)

    assert set(met) == {Outcome.LEFT_TO_HOLDER}
    assert outcomes[-1] is Outcome.TRIMMED


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


class VectorHead:
    """The further a vector is turned, the surer."""

    classes = ("Negative", "Positive")
    encoder = "counting-1"

    def committee(self, features):
        return None

    def predict_proba(self, features):
        sure = 0.5 + features.vectors[:, 1]
        return np.stack([1 - sure, sure], axis=1)


class TwoHeads(VectorHead):
    """Two who agree on all but the first text."""

    def committee(self, features):
        one = np.tile([0.5, 0.5], (len(features), 1))
        other = one.copy()
        other[features.bags.starts[1:] == features.bags.starts[1:].max()] = [1.0, 0.0]
        return np.stack([one, other])


@pytest.fixture
def encoder(deps, monkeypatch) -> CountingEncoder:
    """The stack's encoder; each step runs in a process that has seen nothing yet."""
    encoder = CountingEncoder()
    fresh = lambda: Featuriser(encoder.name, lambda: encoder)  # noqa: E731
    object.__setattr__(deps, "featuriser", fresh)
    monkeypatch.setattr(
        OneVersion, "of", lambda self, _: Served(self.version, VectorHead(), "margin")
    )
    return encoder


def test_the_pool_is_encoded_for_the_first_version_and_never_again(
    deps, encoder, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)
    assert lengths_in_order_served(label_studio, id_, 3) == [1, 2, 3]
    assert sorted(map(len, encoder.texts)) == [1, 2, 3, 5, 7, 8, 9]
    run(activate("2-bbbbbbbb"), deps)

    assert len(encoder.texts) == 7
    assert lengths_in_order_served(label_studio, id_, 2) == [5, 7]


def test_a_score_step_killed_while_it_encodes_loses_no_shard_it_has_encoded(
    deps, encoder, activate, label_studio, id_, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.rank._SHARDS_IN_A_PART", 10)
    real, calls = CountingEncoder.encode, []

    def die_once(self, texts):
        calls.append(texts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, texts)

    monkeypatch.setattr(CountingEncoder, "encode", die_once)
    first = activate("1-aaaaaaaa")
    with pytest.raises(KeyboardInterrupt):
        run(first, deps)
    deps.queue.sent.clear()
    run(first, deps)

    assert sorted(map(len, encoder.texts)) == [1, 2, 3, 5, 7, 8, 9]
    assert lengths_in_order_served(label_studio, id_, 2) == [1, 2]


def test_a_part_with_too_much_to_encode_is_scored_in_several_steps(
    deps, encoder, activate, label_studio, id_, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.rank._SHARDS_IN_A_PART", 10)
    monkeypatch.setattr("labelloop.usecases.look._BUDGET_S", -1.0)
    first = activate("1-aaaaaaaa")
    outcomes = [rank(first, deps), rank(deps.queue.sent.pop(0)[0], deps)]
    monkeypatch.setattr("labelloop.usecases.look._BUDGET_S", 100.0)

    assert outcomes == [Outcome.PLANNED, Outcome.UNFINISHED]
    assert Outcome.PUSHED in run(deps.queue.sent.pop(0)[0], deps)
    assert lengths_in_order_served(label_studio, id_, 2) == [1, 2]


def test_damaged_features_change_no_order(deps, encoder, activate, label_studio, id_, store):
    run(activate("1-aaaaaaaa"), deps)
    for key in store.keys("/features/"):
        store.tamper(key, b"damaged")
    run(activate("2-bbbbbbbb"), deps)

    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]


class Untrained(OneVersion):
    def of(self, project: str) -> Served:
        return Served(UNTRAINED, None)


def test_before_the_first_model_typical_tasks_come_first(deps, key, label_studio, id_, project):
    object.__setattr__(deps, "versions", lambda: Untrained(UNTRAINED))

    assert Outcome.PUSHED in run(RankWakeUp(key), deps)

    known = label_studio.project(id_)
    assert (known["model_version"], known["sampling"]) == (UNTRAINED, "Uncertainty sampling")
    rows = label_studio.predictions_of(id_)
    assert len(rows) == 5
    assert all(one["result"] == [] and 0 <= one["score"] < 0.5 for one in rows)


def test_the_first_version_takes_over_from_the_order_without_one(
    deps, activate, key, label_studio, id_
):
    object.__setattr__(deps, "versions", lambda: Untrained(UNTRAINED))
    run(RankWakeUp(key), deps)
    run(activate("1-aaaaaaaa"), deps)

    assert label_studio.prediction_counts(id_) == {"1-aaaaaaaa": 5}


def test_every_tenth_place_is_for_the_random_share(deps, activate, label_studio, id_, monkeypatch):
    monkeypatch.undo()
    label_studio.import_tasks(id_, [{"text": f"{number} " * number} for number in range(200)])
    object.__setattr__(deps, "head", 60)

    run(activate("1-aaaaaaaa"), deps)

    rows = sorted(label_studio.predictions_of(id_), key=lambda one: one["score"])
    fair = are_random([one["task"] for one in rows], project_key_of(label_studio, id_)).tolist()
    assert [place for place, random in enumerate(fair, 1) if random] == [10, 20, 30, 40, 50, 60]


def project_key_of(label_studio, id_) -> str:
    created = datetime.fromisoformat(label_studio.project(id_)["created_at"])
    return f"{id_}.{int(created.timestamp())}"


def test_without_a_label_studio_nothing_is_done(deps, key, project):
    object.__setattr__(deps, "label_studio", lambda: None)
    assert rank(RankWakeUp(key), deps) is Outcome.UNCONNECTED


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


def test_a_project_made_anew_under_the_same_id_is_not_touched(deps, activate, label_studio, id_):
    label_studio._projects[id_]["created_at"] = "2027-01-01T00:00:00Z"

    with pytest.raises(NotFound):
        run(activate("1-aaaaaaaa"), deps)


def test_a_committee_is_asked_where_the_strategy_is_one(
    deps, encoder, activate, label_studio, id_, monkeypatch
):
    served = lambda self, _: Served(self.version, TwoHeads(), "committee")  # noqa: E731
    monkeypatch.setattr(OneVersion, "of", served)
    monkeypatch.setattr("labelloop.usecases.rank._SHARDS_IN_A_PART", 10)

    run(activate("1-aaaaaaaa"), deps)

    last = max(task["id"] for page in label_studio.tasks(id_) for task in page)
    assert label_studio.next_task(id_) == last
