"""What is at work, with stage and percent."""

from datetime import timedelta

import pytest

from labelloop.bucket.lease import PUSHER, TRAINER, TRIMMER, Stage
from labelloop.bucket.project import Project
from labelloop.domain.serving.in_words import work_of
from labelloop.usecases.serving.show_work import show_work
from tests.builders import PROJECT, task

VERSION = "1-aaaaaaaa"


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)


def test_nobody_is_at_work(project, clock):
    work = show_work(project, VERSION, clock.now)

    assert work == {"training": None, "ranking": None}
    assert work_of(work) == []


def test_a_training_has_a_stage(project, clock):
    lease = project.lease(TRAINER)
    lease.take("one", clock.now.timestamp(), 60)
    starting = work_of(show_work(project, VERSION, clock.now))
    lease.note(Stage("fitting the model", 3, 4))

    assert starting == ["training: starting"]
    texts = work_of(show_work(project, VERSION, clock.now))
    assert texts == ["training, step 3 of 4: fitting the model"]
    assert work_of(show_work(project, VERSION, clock.now + timedelta(seconds=61))) == []


def test_a_ranking_has_a_percentage(project, clock):
    for number in range(4):
        project.pool.add(f"shard-{number}", [task(number + 1)])
    parts = project.pool.plan(VERSION, 1)
    project.pool.add_part(VERSION, 0, b"")

    work = show_work(project, VERSION, clock.now)

    assert len(parts) == 4
    assert work["ranking"] == {"stage": "scoring the tasks", "percent": 25}
    assert work_of(work) == ["ranking: scoring the tasks, 25% done"]


@pytest.mark.parametrize(("of", "word"), [(PUSHER, "pushing"), (TRIMMER, "deleting")])
def test_a_push_and_the_deletion_of_older_predictions_are_stages(project, clock, of, word):
    project.lease(of).take("one", clock.now.timestamp(), 60)

    (text,) = work_of(show_work(project, VERSION, clock.now))

    assert word in text
