"""When the first versions come while somebody labels without a pause."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from labelloop.domain.intake.events import Event
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from tests.builders import created, event, reviews

EVERY_S = 3  # a label; the quiet period is 10 s


@pytest.fixture
def label(deps, add, project, clock):
    """Label without a pause; return at which labels there was another version."""
    deps = replace(deps, min_labels=10)

    def label(events: Iterable[Event]) -> list[int]:
        waiting: list[tuple[float, WakeUp]] = []
        trained_at, served = [], "untrained"
        for number, one in enumerate(events, 1):
            waiting.append((clock.now.timestamp() + 10, add(one)))
            clock.sleep(EVERY_S - 1)
            while waiting and waiting[0][0] <= clock.now.timestamp():
                train(waiting.pop(0)[1], deps)
            if project.active().value.version != served:
                served = project.active().value.version
                trained_at.append(number)
        return trained_at

    return label


def test_the_first_version_comes_with_the_tenth_label_and_the_next_ones_soon_after(label):
    assert label(reviews(60)) == [10, 15, 22, 33, 49]


def test_skips_and_empty_submits_are_made_up_for_by_as_many_labels(label):
    unusable = [created(100, None), created(101, None), created(102, skipped=True)]
    labels = reviews(20)

    first, *_ = label([*labels[:4], *unusable, *labels[4:]])

    assert first == 13


def test_labels_of_one_class_are_not_tried_at_every_label(label, trainer, project):
    assert label(created(number, "Positive") for number in range(1, 41)) == []

    assert trainer.trainings == []
    assert len(project.versions()) == 0
    assert project.dataset_pointer().value.seq <= 5


def test_other_events_bring_no_version_of_fewer_labels(label, trainer):
    others = [event(action="PROJECT_UPDATED") for _ in range(8)]

    first, *_ = label([*reviews(5), *others, *reviews(15, first=6)])

    assert first == 5 + 8 + 5
    assert all(sum(seen.values()) >= 10 for seen in trainer.trainings)
