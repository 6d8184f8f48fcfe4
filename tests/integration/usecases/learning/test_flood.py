"""Trainings that meet a flood of events."""

from labelloop.bucket.project import Project
from labelloop.usecases.learning.train import train
from tests.builders import PROJECT, reviews
from tests.deps import training_deps
from tests.fakes import learning_by
from tests.unit.usecases.learning.trainer import SWEEP, EvenModel, Trainer


def test_thousands_of_pending_events_are_folded_in_one_go(store, rank_queue, clock):
    trainer, project = Trainer(), Project(store, PROJECT)
    deps = training_deps(store, rank_queue, clock, control_of=learning_by(trainer, EvenModel))
    for number, one in enumerate(reviews(2_500)):
        store.create(f"projects/{PROJECT}/events/{number:06d}.json", one.to_json())

    train(SWEEP, deps)

    assert sum(trainer.trainings[0].values()) == 2_500
    assert not project.has_pending()
