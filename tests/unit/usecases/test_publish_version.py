"""The gate at work: which of the versions that were trained are served."""

import json
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest

from labelloop.adapters.onnx_head import OnnxHead
from labelloop.adapters.sklearn_head import train_head
from labelloop.domain.policy import Patience
from labelloop.domain.training import Trained
from labelloop.errors import BadModel, OutOfMemory, Unavailable
from labelloop.kept_evidence import KeptEvidence, Refusal
from labelloop.kept_features import KeptFeatures
from labelloop.messages import WakeUp
from labelloop.pool import Pool
from labelloop.project import Project
from labelloop.recipes.text_choices import read_label_config
from labelloop.usecases.activate import ActivateDeps, activate
from labelloop.usecases.choose import choose
from labelloop.usecases.describe import describe
from labelloop.usecases.featurise import Featuriser
from labelloop.usecases.look import look_at_shard
from labelloop.usecases.pin import PinDeps, pin
from labelloop.usecases.train import Outcome, TrainDeps, train
from tests.builders import (
    LABELS,
    PROJECT,
    annotation,
    created,
    deleted,
    event,
    label_config,
    reviews,
    task,
)
from tests.fakes import lengths_of

SWEEP = WakeUp(PROJECT, "sweep")
DAYS = ("10", "11", "13", "14")  # hours; the clock of the tests stands at 12


class CountingTrainer:
    """Learns how often each label goes with each length. `is_broken` swaps what it says."""

    def __init__(self) -> None:
        self.trainings = 0
        self.is_broken = False
        self.meanwhile = lambda: None

    def __call__(self, features, labels, landmarks=None, names=None):
        self.trainings += 1
        happen, self.meanwhile = self.meanwhile, lambda: None
        happen()
        counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        lengths = lengths_of(features).round().astype(int).tolist()
        for length, label in zip(lengths, labels, strict=True):
            counts[length][label] += 1
        classes = sorted(set(labels))
        known = {"classes": classes, "counts": counts, "is_broken": self.is_broken}
        head = CountingHead(json.dumps(known).encode())
        rows = [head.row(n, without=label) for n, label in zip(lengths, labels, strict=True)]
        return Trained(json.dumps(known).encode(), {}, classes, np.array(rows, np.float32))


class CountingHead:
    """What the trainer's artefacts are loaded as."""

    def __init__(self, artefact: bytes) -> None:
        try:
            known = json.loads(artefact)
        except ValueError as exc:
            raise BadModel("no model") from exc
        self.classes, self.encoder = known["classes"], ""
        self._counts = {int(n): Counter(some) for n, some in known["counts"].items()}
        self._step = -1 if known["is_broken"] else 1

    def row(self, length: int, without: str = "") -> list[float]:
        counts = Counter(self._counts.get(length, {}))
        counts[without] -= 1
        odds = [counts[name] + 0.3 for name in self.classes][:: self._step]
        return [one / sum(odds) for one in odds]

    def committee(self, features):
        return None

    def predict_proba(self, features):
        rows = [self.row(n) for n in lengths_of(features).round().astype(int).tolist()]
        return np.array(rows, np.float32).reshape(-1, len(self.classes))


def text_of(id_: int) -> str:
    """Return a word; longer ones are rarer, so that not all tasks are alike."""
    return "x" * (2 + id_ % 7 * (id_ % 3) % 8)


def labels(first: int, count: int, day: int = 0, swapped: bool = False, **changes):
    """Return labels by the length of the word, given on some day; or all the wrong way round."""
    return [
        created(
            i,
            LABELS[(len(text_of(i)) + swapped) % 2],
            text_of(i),
            updated_at=f"2026-11-23T{DAYS[day]}:{i // 60 % 60:02d}:{i % 60:02d}.000000+00:00",
            **changes,
        )
        for i in range(first, first + count)
    ]


@pytest.fixture
def trainer() -> CountingTrainer:
    return CountingTrainer()


@pytest.fixture
def deps(store, trainer, clock, rank_queue) -> TrainDeps:
    patience = Patience(quiet_s=10, max_wait_s=60, retrain_after=20)
    return TrainDeps(
        store, rank_queue, Featuriser(), trainer, CountingHead, patience, 4, "margin", clock
    )


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)


@pytest.fixture
def learn(project, deps, clock):
    """Store events and train; give back the outcome."""

    def learn(*events, config=None) -> Outcome:
        for one in events:
            clock.sleep(0.001)
            changed = replace(one, label_config=config) if config else one
            project.add_event(f"{clock.now:%H%M%S.%f}", changed)
        return train(SWEEP, deps)

    return learn


@pytest.fixture
def refusal(store, project):
    def refusal() -> Refusal:
        return KeptEvidence(store, PROJECT).refusal(project.active().value.version).value

    return refusal


def gate_of(project: Project) -> dict:
    return (project.card(project.active().value.version) or {})["gate"]


@pytest.fixture(autouse=True)
def _judged_early(monkeypatch):
    """Have versions judged from the first dozens of labels on: the projects here are small."""
    monkeypatch.setattr("labelloop.domain.gate.LEAST_KNOWN", 20)


def test_the_first_version_is_served_and_says_so(learn, project):
    assert learn(*labels(1, 60)) is Outcome.SWITCHED
    assert gate_of(project)["reason"] == "the first version"


def test_a_sound_version_takes_the_place_of_the_active_one(learn, project):
    learn(*labels(1, 60))

    assert learn(*labels(61, 40, day=1)) is Outcome.SWITCHED
    assert gate_of(project)["reason"] == "not worse than the active version"
    assert gate_of(project)["numbers"]["labels"]["rows"] == 60


def test_a_day_of_swapped_labels_is_not_served_and_the_reason_is_told(
    learn, project, refusal, store, rank_queue
):
    learn(*labels(1, 60))
    before = project.active().value
    rank_queue.sent.clear()

    assert learn(*labels(61, 120, day=1, swapped=True)) is Outcome.UP_TO_DATE

    (refused,) = set(project.versions()) - {before.version}
    assert project.active().value == replace(before, dataset_seq=2)
    assert not project.card(refused)["gate"]["switches"]
    assert refusal() == Refusal(
        before.version,
        refused,
        project.card(refused)["gate"]["reason"],
        since="2026-11-23T11:03:00.000000+00:00",
        at=project.card(refused)["trained_at"],
    )
    assert describe(PROJECT, store)["refused"]["version"] == refused
    assert len(rank_queue) == 0


def test_a_version_that_there_is_no_memory_to_load_is_not_replaced_unjudged(learn, project, deps):
    learn(*labels(1, 60))
    before = project.active().value
    champion = project.model(before.version)
    learnt = labels(61, 120, day=1, swapped=True)
    for number, one in enumerate(learnt):
        project.add_event(f"9{number:03d}", one)

    def load(artefact):
        if artefact == champion:
            raise OutOfMemory("the model does not load")
        return CountingHead(artefact)

    with pytest.raises(OutOfMemory):
        train(SWEEP, replace(deps, load_head=load))

    assert project.active().value == before
    assert train(SWEEP, deps) is Outcome.UP_TO_DATE


@pytest.mark.parametrize("swapped", [False, True])
def test_the_real_model_is_judged_as_well(deps, project, swapped):
    real = replace(deps, train_head=train_head, load_head=OnnxHead)
    day = reviews(120, first=61)
    if swapped:
        day = [
            replace(one, annotations=(annotation(i, LABELS[1 - i % 2]),))
            for i, one in enumerate(day, start=61)
        ]
    for number, events in enumerate([reviews(60), day]):
        for place, one in enumerate(events):
            project.add_event(f"{number}-{place:04d}", one)
        outcome = train(SWEEP, real)

    assert outcome is (Outcome.UP_TO_DATE if swapped else Outcome.SWITCHED)


def test_a_refused_version_is_not_trained_again_until_labels_change(learn, project, trainer, deps):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))

    assert project.untrained_dataset("") is None
    assert train(SWEEP, deps) is Outcome.UP_TO_DATE
    assert trainer.trainings == 2


def test_corrected_labels_make_a_version_that_is_served(learn, refusal):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))

    assert learn(*labels(61, 120, day=2)) is Outcome.SWITCHED
    assert refusal() == Refusal()


def test_labels_taken_back_leave_the_active_version_and_train_nothing(
    learn, project, trainer, refusal
):
    learn(*labels(1, 60))
    version = project.active().value.version
    learn(*labels(61, 120, day=1, swapped=True))
    learn(deleted(*range(61, 181)))

    assert project.active().value.version == version
    assert trainer.trainings == 2
    assert refusal() == Refusal()


def test_people_who_go_on_as_in_the_refused_version_are_believed(learn, project, refusal):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))
    since = refusal().since

    assert learn(*labels(181, 20, day=2, swapped=True)) is Outcome.UP_TO_DATE
    assert refusal().since == since
    assert learn(*labels(201, 40, day=3, swapped=True)) is Outcome.SWITCHED
    assert "since a version was refused" in gate_of(project)["reason"]


def test_a_refused_version_is_served_when_a_person_says_so(
    learn, project, refusal, store, clock, trainer
):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))
    refused = refusal().version

    activate(PROJECT, refused, ActivateDeps(store, lambda _: None, clock))

    assert project.active().value.version == refused
    assert refusal() == Refusal()
    learn(deleted(*range(61, 181)))  # what was learnt before the choice is not what is active
    assert trainer.trainings == 3


@pytest.mark.parametrize("method", ["set_refusal", "advance"])
def test_a_trainer_that_dies_while_refusing_is_followed_by_one_that_refuses(
    learn, project, deps, refusal, monkeypatch, method
):
    learn(*labels(1, 60))
    version = project.active().value.version
    with monkeypatch.context() as patch:

        def die(*_):
            raise Unavailable("killed")

        patch.setattr(KeptEvidence if method == "set_refusal" else Project, method, die)
        with pytest.raises(Unavailable):
            learn(*labels(61, 120, day=1, swapped=True))
    assert project.untrained_dataset("") is not None

    assert train(SWEEP, deps) is Outcome.UP_TO_DATE
    assert project.active().value.version == version
    assert refusal().since == "2026-11-23T11:03:00.000000+00:00"
    assert project.untrained_dataset("") is None


@pytest.mark.parametrize("name", ["evidence.npz", "model.onnx"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"PK\x03\x04 cut off"])
def test_a_version_without_readable_evidence_gives_way(learn, project, store, name, body):
    learn(*labels(1, 60))
    version = project.active().value.version
    store.tamper(f"projects/{PROJECT}/models/{version}/{name}", body)

    assert learn(*labels(61, 120, day=1, swapped=True)) is Outcome.SWITCHED
    assert "active version" in gate_of(project)["reason"]


def test_a_version_of_an_older_release_without_evidence_gives_way(learn, project, store):
    learn(*labels(1, 60))
    store.delete(store.keys("evidence.npz"))

    assert learn(*labels(61, 40, day=1)) is Outcome.SWITCHED
    assert gate_of(project)["reason"] == "nothing is kept of what the active version learnt"


def test_a_class_that_is_added_is_learnt(learn, project):
    learn(*labels(1, 60))
    new = [created(i, "Neutral", "x" * 20) for i in range(100, 120)]

    assert learn(*new, config=label_config(*LABELS, "Neutral")) is Outcome.SWITCHED
    assert "Neutral" in project.card(project.active().value.version)["classes"]


def test_a_class_that_is_offered_no_more_goes(learn, project):
    wide = label_config(*LABELS, "Neutral")
    new = [created(i, "Neutral", "x" * 20) for i in range(100, 120)]
    learn(*labels(1, 60), *new, config=wide)

    narrower = event(label_config=label_config(), project_updated_at="2027-01-01T00:00:00+00:00")

    assert learn(narrower) is Outcome.SWITCHED
    assert gate_of(project)["reason"] == "1 classes of the active version are offered no more"


def test_most_of_a_class_deleted_unawares_is_refused(learn, refusal):
    learn(*labels(1, 60))
    gone = [one.annotations[0].id for one in labels(1, 60) if len(text_of(one.tasks[0].id)) % 2]

    assert learn(deleted(*gone[1:])) is Outcome.UP_TO_DATE
    assert "labels of 1 classes are gone" in refusal().reason


def test_other_options_are_learnt_whatever_the_gate_would_say(
    learn, project, deps, queue, store, trainer
):
    learn(*labels(1, 60))
    trainer.is_broken = True
    choose(PROJECT, {"strategy": "entropy"}, store, queue)

    assert train(SWEEP, deps) is Outcome.SWITCHED
    assert gate_of(project)["reason"] == "the same labels, with other options"


def test_a_version_judged_against_one_that_is_gone_is_judged_again(
    learn, project, trainer, store, clock, refusal, monkeypatch
):
    learn(*labels(1, 60))
    first = project.active().value.version
    learn(*labels(61, 20, day=1))
    known = KeptEvidence.refusal

    def somebody_goes_back(self, champion):
        activate(PROJECT, first, ActivateDeps(store, lambda _: None, clock))
        return known(self, champion)

    monkeypatch.setattr(KeptEvidence, "refusal", somebody_goes_back)
    learn(*labels(81, 160, day=1, swapped=True))

    assert trainer.trainings == 4
    assert (project.active().value.version, refusal().champion) == (first, first)


def test_a_pin_that_comes_meanwhile_leaves_all_as_it_is(
    learn, project, trainer, store, queue, clock
):
    learn(*labels(1, 60))
    version = project.active().value.version
    trainer.meanwhile = lambda: pin(PROJECT, PinDeps(store, queue, clock))

    learn(*labels(61, 120, day=1, swapped=True))

    active = project.active().value
    assert (active.version, active.dataset_seq, active.pinned) == (version, 1, True)


@pytest.fixture
def kept_pool(store):
    """A pool of 200 tasks whose features were kept by a ranking."""
    pool, control = Pool(store, PROJECT), read_label_config(label_config())
    pool.add("listed-000000", [task(i, text_of(i)) for i in range(1_001, 1_201)])
    (shard,) = pool.shards()
    look_at_shard(shard, pool, control, KeptFeatures(store, PROJECT, ""), Featuriser())


def test_the_pool_is_asked_as_well(learn, project, kept_pool):
    learn(*labels(1, 60))
    learn(*labels(61, 40, day=1))

    assert gate_of(project)["numbers"]["pool"]["rows"] == 200


def test_the_card_tells_what_the_labels_are_worth(learn, project, kept_pool):
    learn(*labels(1, 300))

    told = project.card(project.active().value.version)["insights"]
    assert told["random_share"]["rows"] > 15
    assert told["random_share"]["value"] > 0.9
    assert set(told["by_class"]) == set(LABELS)
    assert [point["labels"] for point in told["curve"]] == [300]
    assert told["gain"]["labels"] == 100


def test_the_curve_goes_on_and_versions_are_compared_over_steps_of_any_size(
    learn, project, kept_pool
):
    for day, (first, count) in enumerate([(1, 60), (61, 15), (76, 15), (91, 30)]):
        learn(*labels(first, count, day=day))

    told = project.card(project.active().value.version)["insights"]
    assert [point["labels"] for point in told["curve"]] == [60, 75, 90, 120]
    assert told["disagreements"] == [0.0, 0.0]  # 60 to 90, 90 to 120; not 60 to 75


def test_labels_in_doubt_are_kept_with_the_version(learn, project, store):
    wrong = labels(61, 1, swapped=True)
    again = [created(900, LABELS[len(text_of(5)) % 2 - 1], task=5, annotator=2)]
    learn(*labels(1, 60), *wrong, *again)

    found = KeptEvidence(store, PROJECT).doubts(project.active().value.version)

    assert {(one["task"], one["why"]) for one in found} >= {
        (61, "the model expects another label"),
        (5, "annotators disagree"),
    }
    (one,) = [one for one in found if one["task"] == 61]
    assert {one["label"], one["suggested"]} == set(LABELS)
    assert 0.5 < one["doubt"] <= 1


def test_damaged_doubts_and_refusals_are_none(store):
    evidence = KeptEvidence(store, PROJECT)
    store.create(f"projects/{PROJECT}/models/1-a/doubts.json", b"{")
    store.create(f"projects/{PROJECT}/gate.json", b'{"other": 1}')

    assert evidence.doubts("1-a") == []
    assert evidence.refusal("1-a").value == Refusal()
    evidence.set_refusal(evidence.refusal("1-a"), Refusal("1-a", "2-b"))
    assert evidence.refusal("1-a").value.version == "2-b"
