"""A version of the recipe's own model that is refused."""

from dataclasses import replace

import pytest

from labelloop.bucket.project import Project
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import TrainOutcome, train
from tests.builders import LABELS, PROJECT, annotation, reviews
from tests.deps import training_deps


@pytest.mark.parametrize("swapped", [False, True])
def test_the_real_model_is_judged_as_well(store, rank_queue, clock, swapped):
    project = Project(store, PROJECT)
    deps = training_deps(store, rank_queue, clock, least_known=20)
    day = reviews(120, first=61)
    if swapped:
        day = [
            replace(one, annotations=(annotation(i, LABELS[1 - i % 2]),))
            for i, one in enumerate(day, start=61)
        ]
    for number, events in enumerate([reviews(60), day]):
        for place, one in enumerate(events):
            project.add_event(f"{number}-{place:04d}", one)
        outcome = train(WakeUp(PROJECT, "sweep"), deps)

    assert outcome is (TrainOutcome.UP_TO_DATE if swapped else TrainOutcome.SWITCHED)
