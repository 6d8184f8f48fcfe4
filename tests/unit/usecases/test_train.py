"""Training: from events to the version that is served."""

import json
from ast import literal_eval
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from labelloop.adapters.onnx_head import OnnxHead
from labelloop.adapters.sklearn_head import train_head
from labelloop.domain.events import Event
from labelloop.domain.policy import Patience
from labelloop.domain.training import Trained
from labelloop.errors import BadModel, Conflict, Rejected
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.pointers import FORMAT, ActivePointer
from labelloop.pool import Pool
from labelloop.project import Project
from labelloop.usecases.activate import ActivateDeps, activate
from labelloop.usecases.choose import choose
from labelloop.usecases.featurise import Featuriser
from labelloop.usecases.pin import PinDeps, pin, unpin
from labelloop.usecases.train import Outcome, TrainDeps, train
from tests.builders import PROJECT, created, deleted, event, label_config, reviews, task
from tests.fakes import MemoryStore
from tests.tiny_encoder import CountingEncoder

SWEEP = WakeUp(PROJECT, "sweep")
PATIENCE = Patience(quiet_s=10, max_wait_s=60, retrain_after=20)


class Trainer:
    """A head trainer that tells what it was given, and lets tests happen meanwhile."""

    def __init__(self) -> None:
        self.trainings: list[Counter[tuple[tuple[int, ...], str]]] = []
        self.names: set[str] = set()
        self.meanwhile = lambda: None

    def __call__(self, features, labels, landmarks=None, names=None):
        bags = [tuple(features.bags.take([row]).ids.tolist()) for row in range(len(features))]
        self.trainings.append(Counter(zip(bags, labels, strict=True)))
        self.names = set(names or ())
        happen, self.meanwhile = self.meanwhile, lambda: None
        happen()
        artefact = repr(sorted(self.trainings[-1].items())).encode()
        classes = sorted(set(labels))
        unseen = np.full((len(labels), len(classes)), 1 / len(classes), np.float32)
        return Trained(artefact, {"facts": "kept"}, classes, unseen)


class EvenHead:
    """What the trainer's artefacts are loaded as: as sure of one class as of another."""

    def __init__(self, artefact: bytes) -> None:
        self.classes = sorted({label for (_, label), _ in literal_eval(artefact.decode())})
        self.encoder = ""

    def committee(self, features):
        return None

    def predict_proba(self, features):
        return np.full((len(features), len(self.classes)), 1 / len(self.classes), np.float32)


@pytest.fixture
def trainer() -> Trainer:
    return Trainer()


@pytest.fixture
def deps(store, trainer, clock, rank_queue) -> TrainDeps:
    return TrainDeps(
        store, rank_queue, Featuriser(), trainer, EvenHead, PATIENCE, 4, "margin", clock
    )


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)


@pytest.fixture
def add(project, clock):
    """Store events a second apart, as the webhook does; give back the wake-up of the last."""

    def add(*events: Event) -> WakeUp:
        for one in events:
            clock.sleep(1)
            name = f"{clock.now:%Y%m%dT%H%M%S.%f}-{len(project.pending()):04d}"
            project.add_event(name, one)
        return WakeUp(PROJECT, "event", name)

    return add


def card_of(store, version: str) -> dict:
    return json.loads(store.body(f"projects/{PROJECT}/models/{version}/card.json"))


def test_labels_become_a_version_that_is_served(deps, add, project, store):
    add(*reviews(6))

    assert train(SWEEP, deps) is Outcome.SWITCHED

    active = project.active().value
    card = card_of(store, active.version)
    assert active.is_trained
    assert card["version"] == active.version
    assert card["sha256"] == active.sha256
    assert card["classes"] == {"Negative": 3, "Positive": 3}
    assert card["facts"] == "kept"
    assert project.versions() == [active.version]


def test_a_burst_of_labels_triggers_one_training(deps, add, trainer, clock):
    wake_ups = [add(one) for one in reviews(6)]
    clock.sleep(10)

    outcomes = [train(wake_up, deps) for wake_up in wake_ups]

    assert outcomes[:-1] == [Outcome.LEFT_TO_LATER] * 5
    assert outcomes[-1] is Outcome.SWITCHED
    assert len(trainer.trainings) == 1


def test_the_start_training_button_waits_for_nobody(deps, add):
    add(*reviews(6))

    assert train(WakeUp(PROJECT, "start_training", "any"), deps) is Outcome.SWITCHED


def test_a_wake_up_that_comes_twice_finds_its_work_done(deps, add, trainer, project):
    wake_up = add(*reviews(6))
    train(wake_up, deps)
    before = project.active()

    assert train(wake_up, deps) is Outcome.UP_TO_DATE
    assert project.active() == before
    assert len(trainer.trainings) == 1


def test_folded_events_are_deleted_and_the_snapshot_holds_them(deps, add, project):
    add(*reviews(6))
    train(SWEEP, deps)

    assert not project.has_pending()
    dataset = project.dataset(project.dataset_pointer().value)
    assert sorted(dataset.annotations) == [1, 2, 3, 4, 5, 6]


def test_an_event_that_changes_nothing_makes_no_new_version(deps, add, project):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value

    add(event(action="PROJECT_UPDATED"))

    assert train(SWEEP, deps) is Outcome.UP_TO_DATE
    assert project.active().value == before


def test_too_few_labels_train_nothing_and_are_not_looked_at_again(deps, add, project, store):
    add(*reviews(3))
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert project.untrained_dataset("") is None
    assert "3 labels of 2 classes" in store.body(store.keys("history/")[0]).decode()


def test_one_class_trains_nothing(deps, add, project, trainer):
    add(*[created(i, "Positive") for i in range(1, 9)])
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert trainer.trainings == []


def test_a_label_config_of_another_kind_trains_nothing(deps, add, project, trainer):
    add(*reviews(6), event(label_config="<View/>", project_updated_at="2027"))
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert trainer.trainings == []


def test_a_label_taken_out_of_the_label_config_is_not_learnt(deps, add, trainer):
    fewer = label_config("Positive", "Neutral")
    add(*reviews(6), *[created(i, "Neutral") for i in range(7, 11)])
    add(event(label_config=fewer, project_updated_at="2027"))
    train(SWEEP, deps)

    assert {label for _, label in trainer.trainings[-1]} == {"Positive", "Neutral"}


def test_deleting_all_of_a_class_leads_to_the_version_of_a_training_from_scratch(
    store, rank_queue, clock, add, project
):
    deps = TrainDeps(
        store, rank_queue, Featuriser(), train_head, OnnxHead, PATIENCE, 4, "margin", clock
    )
    config = label_config("Positive", "Negative", "Neutral")
    neutral = [created(i, "Neutral", f"so so {i}") for i in range(20, 24)]
    kept, gone = ([replace(e, label_config=config) for e in es] for es in (reviews(8), neutral))
    scratch = MemoryStore(clock)
    for number, one in enumerate(kept):
        Project(scratch, PROJECT).add_event(f"{number}", one)

    add(*kept, *gone)
    train(SWEEP, deps)
    before = project.active().value.sha256
    add(deleted(*range(20, 24)))
    train(SWEEP, deps)
    train(SWEEP, replace(deps, store=scratch))

    from_scratch = Project(scratch, PROJECT).active().value.sha256
    assert project.active().value.sha256 == from_scratch != before


@pytest.mark.parametrize(
    "harmless",
    [
        event(action="PROJECT_UPDATED", project_updated_at="2027-01-01T00:00:00.000000+00:00"),
        created(30, None),
        created(30, "Positive", skipped=True),
        event(action="TASKS_DELETED", deleted_tasks=(99,)),
        deleted(99),
    ],
    ids=["settings", "empty", "skip", "other task", "other annotation"],
)
def test_what_changes_no_example_makes_no_new_version(deps, add, project, trainer, harmless):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value.version

    add(harmless)

    train(SWEEP, deps)
    assert project.active().value.version == before
    assert len(trainer.trainings) == 1
    assert project.untrained_dataset("") is None


def test_texts_of_blanks_only_train_nothing_and_are_not_looked_at_again(
    store, rank_queue, clock, add, project
):
    deps = TrainDeps(
        store, rank_queue, Featuriser(), train_head, OnnxHead, PATIENCE, 4, "margin", clock
    )
    add(*[created(i, ("Positive", "Negative")[i % 2], " " * i) for i in range(1, 9)])

    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert project.untrained_dataset("") is None


def test_a_damaged_pointer_is_written_over_by_the_next_training(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    store.tamper(f"projects/{PROJECT}/active.json", b"{}")
    add(*reviews(2, first=7))

    assert train(SWEEP, deps) is Outcome.SWITCHED
    assert project.active().value.is_trained


def test_a_pointer_and_an_event_of_another_release_are_understood(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    key = f"projects/{PROJECT}/active.json"
    stored = json.loads(store.body(key))
    del stored["learnt"]
    store.tamper(key, json.dumps(stored | {"new": 1}).encode())
    one = json.loads(created(9).to_json())
    one["annotations"][0]["new"] = one["new"] = 1
    store.create(f"projects/{PROJECT}/events/9.json", json.dumps(one).encode())

    train(SWEEP, deps)

    assert 9 in project.dataset(project.dataset_pointer().value).annotations


def test_deleting_down_to_one_class_takes_the_model_out_of_service(deps, add, project):
    add(*reviews(8))
    train(SWEEP, deps)
    add(deleted(*[e.annotations[0].id for e in reviews(8) if e.annotations[0].id % 2]))
    train(SWEEP, deps)

    assert project.active().value.version == "untrained"


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"[]",
        b'{"poison": "\xff"}',
        created(99).to_json().replace(b'"id":99', b'"id":"99"'),
        created(99).to_json().replace(b'"updated_at":"2026', b'"updated_at":2026,"x":"'),
        deleted(99).to_json().replace(b"[99]", b'["99"]'),
        b"[" * 100_000,
    ],
    ids=range(7),
)
def test_an_event_that_cannot_be_understood_is_put_aside_and_the_others_train(
    deps, add, store, project, poison
):
    store.create(f"projects/{PROJECT}/events/0000.json", poison)
    add(*reviews(6))

    assert train(SWEEP, deps) is Outcome.SWITCHED

    (aside,) = store.keys("/quarantine/")
    assert "not an event" in json.loads(store.body(aside))["reason"]
    assert not project.has_pending()


def test_a_model_that_fails_its_check_is_not_served_and_the_wake_up_fails(
    deps, add, project, trainer
):
    def fail():
        raise BadModel("off")

    trainer.meanwhile = fail
    add(*reviews(6))

    with pytest.raises(BadModel):
        train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert train(SWEEP, deps) is Outcome.SWITCHED


def test_labels_that_come_during_a_training_are_learnt_in_the_next_round(
    deps, add, project, trainer
):
    add(*reviews(6))

    def another_trainer_folds_more():
        add(*reviews(4, first=7))
        assert train(SWEEP, deps) is Outcome.LEFT_TO_HOLDER

    trainer.meanwhile = another_trainer_folds_more
    train(SWEEP, deps)

    assert [sum(seen.values()) for seen in trainer.trainings] == [6, 10]
    assert project.untrained_dataset("") is None


def test_a_lease_that_ran_out_is_taken_over(deps, add, project, clock):
    project.take_lease("somebody who died", clock.now.timestamp(), 60)
    add(*reviews(6))
    assert train(SWEEP, deps) is Outcome.LEFT_TO_HOLDER

    clock.sleep(60)

    assert train(SWEEP, deps) is Outcome.SWITCHED


def test_a_slow_trainer_does_not_replace_a_newer_version(deps, add, project, trainer):
    add(*reviews(6))

    def somebody_switches_to_newer():
        project.switch(
            project.active(), ActivePointer("9-new", 9, FORMAT, switch=1), {"why": "newer"}
        )

    trainer.meanwhile = somebody_switches_to_newer
    train(SWEEP, deps)

    assert project.active().value.version == "9-new"


def test_a_slow_trainer_with_nothing_new_does_not_put_the_learnt_dataset_back(
    deps, add, project, store, monkeypatch
):
    add(*reviews(6))
    train(SWEEP, deps)
    add(event(action="PROJECT_UPDATED", project_updated_at="2027-01-01T00:00:00.000000+00:00"))
    read = store.get

    def slow(key):
        if "datasets/00000002" in key:  # meanwhile the next settings are learnt, of no news either
            monkeypatch.setattr(store, "get", read)
            after = project.active()
            project.advance(after, replace(after.value, dataset_seq=3))
        return read(key)

    monkeypatch.setattr(store, "get", slow)
    train(SWEEP, deps)

    assert project.active().value.dataset_seq == 3


def test_a_lost_race_for_the_snapshot_is_run_again_with_all_labels(
    deps, add, project, store, monkeypatch
):
    add(*reviews(6))
    replaced, races = Project.add_dataset, list[int]()

    def lose_once(self, after, dataset):
        if not races:
            races.append(1)
            raise Conflict("dataset.json")
        return replaced(self, after, dataset)

    monkeypatch.setattr(Project, "add_dataset", lose_once)

    assert train(SWEEP, deps) is Outcome.SWITCHED
    assert len(project.dataset(project.dataset_pointer().value).annotations) == 6


def test_a_wake_up_that_names_no_project_is_rejected(deps):
    with pytest.raises(Rejected):
        train(WakeUp("../x", "sweep"), deps)


def test_thousands_of_pending_events_are_folded_in_one_go(deps, store, project, trainer):
    for number, one in enumerate(reviews(2_500)):
        store.create(f"projects/{PROJECT}/events/{number:06d}.json", one.to_json())

    train(SWEEP, deps)

    assert sum(trainer.trainings[0].values()) == 2_500
    assert not project.has_pending()


def test_while_pinned_labels_are_folded_and_wait(add, deps, project, store, queue, clock):
    train(add(*reviews(4)), deps)
    version = project.active().value.version
    pin(PROJECT, PinDeps(store, queue, clock))
    add(*reviews(4, first=5))

    assert train(SWEEP, deps) == Outcome.UP_TO_DATE
    assert project.active().value.version == version
    assert (project.dataset_pointer().value.seq, project.pending()) == (2, [])

    unpin(PROJECT, PinDeps(store, queue, clock))
    assert train(queue.sent[-1][0], deps) == Outcome.SWITCHED
    assert project.active().value.dataset_seq == 2


def test_a_pin_that_races_with_a_publish_wins(add, deps, trainer, project, store, queue, clock):
    train(add(*reviews(4)), deps)
    version = project.active().value.version
    trainer.meanwhile = lambda: pin(PROJECT, PinDeps(store, queue, clock))
    add(*reviews(4, first=5))

    train(SWEEP, deps)

    assert (project.active().value.version, project.active().value.pinned) == (version, True)


def test_a_rollback_is_not_undone_by_the_same_data(add, deps, project, store, clock):
    train(add(*reviews(4)), deps)
    train(add(*reviews(4, first=5)), deps)
    older = project.versions()[-1]
    activate(PROJECT, older, ActivateDeps(store, lambda _: None, clock))

    train(SWEEP, deps)
    assert project.active().value.version == older

    train(add(*reviews(4, first=9)), deps)
    assert project.active().value.dataset_seq == 3


def test_a_new_version_asks_for_a_ranking(deps, add, rank_queue):
    add(*reviews(6))
    train(SWEEP, deps)
    train(SWEEP, deps)

    version = Project(deps.store, PROJECT).active().value.version
    assert [wake_up for wake_up, _ in rank_queue.sent] == [RankWakeUp(PROJECT, version=version)]


def test_a_ranking_that_cannot_be_asked_for_or_is_not_wanted_stops_no_training(
    deps, add, rank_queue, project
):
    rank_queue.down = True
    add(*reviews(6))
    assert train(SWEEP, deps) is Outcome.SWITCHED

    add(*reviews(2, first=7))
    assert train(SWEEP, replace(deps, rank_queue=None)) is Outcome.SWITCHED


def test_new_tasks_go_to_the_pool_and_change_no_dataset(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.dataset_pointer().value
    new = event(action="TASKS_CREATED", tasks=(task(50), task(51)))

    add(new)
    train(SWEEP, deps)

    pool = Pool(store, PROJECT)
    assert sorted(pool.read(pool.shards())) == [50, 51]
    assert project.dataset_pointer().value == before


def test_another_strategy_makes_another_version_of_the_same_labels(deps, add, project, queue):
    add(*reviews(8))
    train(SWEEP, deps)
    first = project.active().value
    choose(PROJECT, {"strategy": "entropy"}, deps.store, queue)

    assert train(WakeUp(PROJECT, "options"), deps) is Outcome.SWITCHED
    second = project.active().value
    assert (first.strategy, second.strategy) == ("margin", "entropy")
    assert first.version != second.version
    assert project.card(second.version)["strategy"] == "entropy"
    assert project.untrained_dataset("") is None


def test_a_strategy_chosen_back_before_it_was_learnt_makes_no_version(deps, add, project, queue):
    add(*reviews(8))
    train(SWEEP, deps)
    first = project.active().value.version
    for strategy in ("entropy", "margin"):
        choose(PROJECT, {"strategy": strategy}, deps.store, queue)

    train(WakeUp(PROJECT, "options"), deps)

    assert project.active().value.version == first
    assert project.untrained_dataset("") is None


def test_new_tasks_are_ranked_though_they_make_no_version(deps, add, rank_queue):
    add(*reviews(8))
    train(SWEEP, deps)
    rank_queue.sent.clear()
    add(event(action="TASKS_CREATED", tasks=(task(99, "brand new"),)))

    train(SWEEP, deps)

    assert [wake_up.step for wake_up, _ in rank_queue.sent] == ["plan"]


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def beside(encoder: CountingEncoder, deps: TrainDeps, name: str = "") -> TrainDeps:
    """Train in a process that has seen nothing yet, with an encoder."""
    return replace(deps, featuriser=Featuriser(name or encoder.name, lambda: encoder))


def test_a_version_tells_which_encoder_it_was_trained_beside(deps, add, project, store, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, deps))

    active = project.active().value
    assert active.encoder == card_of(store, active.version)["encoder"] == "counting-1"


def test_all_labels_that_are_offered_are_known_by_name(deps, add, trainer, encoder):
    config = label_config("Positive", "Negative", "SoSo")
    add(*[replace(one, label_config=config) for one in reviews(6)])

    train(SWEEP, deps)
    assert not trainer.names  # names mean nothing without an encoder

    train(SWEEP, beside(encoder, deps))
    assert trainer.names == {"Positive", "Negative", "SoSo"}
    assert "so so" in encoder.texts


def test_a_retraining_encodes_only_the_new_labels(deps, add, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, deps))
    add(*reviews(2, first=7))
    train(SWEEP, beside(encoder, deps))

    assert len(encoder.texts) == len(set(encoder.texts)) == 8 + 2  # two labels' names


def test_another_encoder_means_another_version_of_the_same_data(deps, add, project, encoder):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value

    assert project.untrained_dataset("counting-1") is not None
    assert train(SWEEP, beside(encoder, deps)) is Outcome.SWITCHED
    assert project.active().value.version != before.version
    assert train(SWEEP, beside(encoder, deps)) is Outcome.UP_TO_DATE
    assert train(SWEEP, deps) is Outcome.SWITCHED  # and back


def test_more_new_labels_than_there_is_time_to_encode_are_learnt_later(
    deps, add, project, encoder, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.look._BUDGET_S", -1.0)
    monkeypatch.setattr("labelloop.usecases.look._TEXTS_AT_ONCE", 4)
    add(*reviews(6))

    assert train(SWEEP, beside(encoder, deps)) is Outcome.LEFT_TO_SWEEP
    assert not project.active().value.is_trained
    monkeypatch.undo()
    assert train(SWEEP, beside(encoder, deps)) is Outcome.SWITCHED
