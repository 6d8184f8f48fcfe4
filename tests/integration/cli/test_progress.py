"""What is under way, as `labelloop status` shows it."""

import json
from datetime import UTC, datetime, timedelta

from labelloop import bootstrap
from labelloop.bucket.lease import TRAINER
from labelloop.bucket.progress import Stage
from labelloop.bucket.project import Project
from labelloop.domain.serving.in_words import work_of


def row(**changes):
    now = datetime.now(UTC).isoformat()
    return {"work": "training", "stage": "fitting", "percent": None, "noted_at": now} | changes


def test_what_is_under_way_is_told_in_words():
    now = datetime.now(UTC)
    silent = (now - timedelta(minutes=12, seconds=5)).isoformat()
    rows = [row(stage="features", percent=40), row(work="ranking", stage="scoring", percent=0)]

    assert work_of(rows, now) == ["training: features 40%", "ranking: scoring 0%"]
    assert work_of([row(noted_at=silent)], now) == [
        "training: fitting (no sign of work for 12 min)"
    ]
    assert work_of([], now) == []


def test_the_status_tells_what_is_under_way(world):
    world.publish()
    project = Project(bootstrap.store(), world.key)
    with project.lease(TRAINER).held(datetime.now(UTC).timestamp(), 60):
        project.progress.note(Stage("features", 2, 5, datetime.now(UTC).timestamp()))
        (told,) = world.told("status")["progress"]
        output = world.run("status").output

    assert (told["work"], told["stage"], told["percent"]) == ("training", "features", 40)
    assert "training: features 40%" in output
    assert world.told("status")["progress"] == []


def test_a_watch_tells_each_change_once_and_the_end(world, monkeypatch):
    version = world.publish()
    project = Project(bootstrap.store(), world.key)
    lease, looks = project.lease(TRAINER), []

    def pass_time(_):
        looks.append(1)
        now = datetime.now(UTC).timestamp()
        if len(looks) == 1:
            lease.take("me", now, 60)
            project.progress.note(Stage("features", 1, 4, now))
        elif len(looks) == 3:
            lease.release("me")

    monkeypatch.setattr("labelloop.cli.progress.time.sleep", pass_time)
    result = world.run("status", "--watch", "--rounds", "4")

    assert result.exit_code == 0
    lines = [line.partition("  ")[2] for line in result.stdout.splitlines()]
    assert lines == [f"{version} is served", "training: features 25%", f"{version} is served"]


def test_a_watch_gives_an_object_for_each_change(world, monkeypatch):
    world.publish()
    monkeypatch.setattr("labelloop.cli.progress.time.sleep", lambda _: None)

    result = world.run("status", "--watch", "--rounds", "3", "--json")

    (line,) = result.stdout.splitlines()
    assert json.loads(line)["progress"] == []
