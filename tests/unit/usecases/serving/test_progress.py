"""What is under way: by the lease of the trainer, and by what is stored of a ranking."""

from datetime import timedelta

import numpy as np
import pytest

from labelloop.bucket.features import ShardFeatures
from labelloop.bucket.lease import PUSHER, TRAINER
from labelloop.bucket.progress import Stage
from labelloop.domain.columns import Columns
from labelloop.usecases.serving.progress import progress
from tests.builders import task

VERSION = "1-aaaaaaaa"


@pytest.fixture
def shown(project, clock):
    """What is shown now, without the times."""

    def shown() -> list[tuple[str, str, int | None]]:
        rows = progress(project, VERSION, clock())
        return [(row["work"], row["stage"], row["percent"]) for row in rows]

    return shown


def test_where_nobody_works_nothing_is_shown(project, clock, shown):
    project.progress.note(Stage("features", 1, 2, clock().timestamp()))

    assert shown() == []


def test_a_training_is_shown_with_its_stage_until_it_ends(project, clock, shown):
    with project.lease(TRAINER).held(clock().timestamp(), 60):
        assert shown() == [("training", "reading", None)]
        clock.sleep(1)
        project.progress.note(Stage("features", 400, 1_000, clock().timestamp()))
        assert shown() == [("training", "features", 40)]
        project.progress.note(Stage("fitting", at=clock().timestamp()))
        assert shown() == [("training", "fitting", None)]

    assert shown() == []


def test_the_stage_of_an_earlier_training_is_not_shown(project, clock, shown):
    project.progress.note(Stage("judging", at=clock().timestamp()))
    clock.sleep(5)

    with project.lease(TRAINER).held(clock().timestamp(), 60):
        assert shown() == [("training", "reading", None)]


def test_a_training_that_outlives_its_lease_is_shown_and_a_killed_one_is_not(project, clock, shown):
    project.lease(TRAINER).take("killed", clock().timestamp(), 60)

    clock.sleep(120)
    assert shown() == [("training", "reading", None)]
    clock.sleep(200)
    assert shown() == []


@pytest.fixture
def planned(project):
    """A ranking in two parts of a shard each, whose features are stored or not."""
    for name in ("1", "survey-2026-0001"):
        project.pool.add(name, [task(1)])
    shards = [shard for (shard,) in project.pool.plan(VERSION, 1)]
    features = ShardFeatures(
        np.empty(0, np.int64), np.empty(0, np.str_), np.empty(0, np.bool_), Columns(0, {})
    )

    def store(place: int) -> None:
        project.features("2-minilm").store_shard(shards[place], "text", features)

    return store


def test_a_ranking_is_shown_by_its_scored_parts_and_the_time_of_the_last(
    project, clock, shown, planned
):
    planned(0)
    planned(1)
    clock.sleep(60)
    project.pool.add_part(VERSION, 0, b"")
    stored_at = clock()
    clock.sleep(3_600)

    assert shown() == [("ranking", "scoring", 50)]
    noted_at = progress(project, VERSION, clock())[0]["noted_at"]
    assert noted_at == stored_at.isoformat(timespec="seconds")
    project.pool.add_part(VERSION, 1, b"")
    assert shown() == []


def test_a_first_ranking_is_shown_by_the_features_that_it_stored(project, clock, shown, planned):
    assert shown() == [("ranking", "features", 0)]
    clock.sleep(60)
    planned(1)
    stored_at = clock()
    clock.sleep(60)

    assert shown() == [("ranking", "features", 50)]
    noted_at = progress(project, VERSION, clock())[0]["noted_at"]
    assert noted_at == stored_at.isoformat(timespec="seconds")
    planned(0)
    assert shown() == [("ranking", "scoring", 0)]


def test_a_push_is_shown(project, clock, shown):
    with project.lease(PUSHER).held(clock().timestamp(), 60):
        assert shown() == [("ranking", "pushing", None)]

    clock.now += timedelta(minutes=10)
    assert shown() == []
