"""The gate at work: which of the versions that were trained are served."""

from dataclasses import replace

import pytest

from labelloop.bucket.evidence import EvidenceFiles
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.choose import ChooseDeps, choose
from labelloop.usecases.serving.pin import PinDeps, pin
from tests.builders import (
    LABELS,
    PROJECT,
    created,
    deleted,
    event,
    label_config,
)
from tests.fakes import MemoryQueue
from tests.unit.usecases.judging.counting import SWEEP, card_of, gate_of, labels, text_of


def test_the_first_version_is_served_and_says_so(learn, project):
    assert learn(*labels(1, 60)) is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == "the first version"


def test_a_sound_version_takes_the_place_of_the_active_one(learn, project):
    learn(*labels(1, 60))

    assert learn(*labels(61, 40, day=1)) is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == "not worse than the active version"
    assert gate_of(project)["numbers"]["labels"]["rows"] == 60


@pytest.mark.parametrize("name", ["evidence.npz", "model.onnx"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"PK\x03\x04 cut off"])
def test_a_version_without_readable_evidence_gives_way(learn, project, store, name, body):
    learn(*labels(1, 60))
    version = project.active().value.version
    store.tamper(f"projects/{PROJECT}/models/{version}/{name}", body)

    assert learn(*labels(61, 120, day=1, swapped=True)) is TrainOutcome.SWITCHED
    assert "active version" in gate_of(project)["reason"]


def test_a_version_of_an_older_release_without_evidence_gives_way(learn, project, store):
    learn(*labels(1, 60))
    store.delete(store.keys("evidence.npz"))

    assert learn(*labels(61, 40, day=1)) is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == "no record of the active version's training can be read"


@pytest.mark.parametrize(
    ("made_by", "reason"),
    [
        ({"recipe": "another"}, "the active version is by another recipe, 'another'"),
        ({"format": 9}, "the active version has format 9"),
        ({"encoder": "other-1"}, "the active version was trained beside another encoder"),
    ],
)
def test_a_version_that_was_made_by_other_means_gives_way(learn, project, made_by, reason):
    learn(*labels(1, 60))
    after = project.active()
    project.advance(after, replace(after.value, **made_by))

    assert learn(*labels(61, 120, day=1, swapped=True)) is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == reason
    assert project.active().value.made_by == ("text_choices", FORMAT, "")


def test_a_class_that_is_added_is_learnt(learn, project):
    learn(*labels(1, 60))
    new = [created(i, "Neutral", "x" * 20) for i in range(100, 120)]

    assert learn(*new, config=label_config(*LABELS, "Neutral")) is TrainOutcome.SWITCHED
    assert "Neutral" in card_of(project).parts


def test_a_class_that_is_offered_no_more_goes(learn, project):
    wide = label_config(*LABELS, "Neutral")
    new = [created(i, "Neutral", "x" * 20) for i in range(100, 120)]
    learn(*labels(1, 60), *new, config=wide)

    narrower = event(label_config=label_config(), project_updated_at="2027-01-01T00:00:00+00:00")

    assert learn(narrower) is TrainOutcome.SWITCHED
    assert (
        gate_of(project)["reason"]
        == "the label config no longer offers 1 class of the active version"
    )


def test_most_of_a_class_deleted_unawares_is_refused(learn, refusal):
    learn(*labels(1, 60))
    gone = [one.annotations[0].id for one in labels(1, 60) if len(text_of(one.tasks[0].id)) % 2]

    assert learn(deleted(*gone[1:])) is TrainOutcome.UP_TO_DATE
    assert "1 class lost nearly all labels (from " in refusal().reason


def test_other_options_are_learnt_whatever_the_gate_would_say(
    learn, project, deps, queue, store, trainer
):
    learn(*labels(1, 60))
    trainer.is_broken = True
    choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, train_queue=queue))

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == "the same labels, with other options"


def test_a_version_judged_against_one_that_is_gone_is_judged_again(
    learn, project, trainer, store, clock, refusal, monkeypatch
):
    learn(*labels(1, 60))
    first = project.active().value.version
    learn(*labels(61, 20, day=1))
    known = EvidenceFiles.rejection

    def somebody_goes_back(self, champion):
        activate(PROJECT, first, ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock))
        return known(self, champion)

    monkeypatch.setattr(EvidenceFiles, "rejection", somebody_goes_back)
    learn(*labels(81, 160, day=1, swapped=True))

    assert trainer.trainings == 4
    assert (project.active().value.version, refusal().champion) == (first, first)


def test_a_pin_that_comes_meanwhile_leaves_all_as_it_is(
    learn, project, trainer, store, queue, clock
):
    learn(*labels(1, 60))
    version = project.active().value.version
    trainer.meanwhile = lambda: pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))

    learn(*labels(61, 120, day=1, swapped=True))

    active = project.active().value
    assert (active.version, active.dataset_seq, active.pinned) == (version, 1, True)
