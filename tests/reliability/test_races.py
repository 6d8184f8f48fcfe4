"""Trainers and commands that race for one project, in processes of their own."""

import random
from collections import Counter

import pytest

from labelloop.bucket.lease import TRAINER, Lease
from tests.reliability.cloud import KNOWN, Cloud
from tests.reliability.function_process import Job, Worker, workers
from tests.reliability.report import find, size
from tests.reliability.test_failing_aws import torn_state
from tests.reliability.training import is_learnt

ROUNDS = size(2, 200)


@pytest.mark.parametrize("racers", [2, 5])
def test_of_racing_trainers_one_wins_and_the_newest_labels_win_in_the_end(aws_server, racers):
    wrong = []
    with workers(racers, aws_server.environment) as running:
        for seed in range(ROUNDS):
            wrong += race(aws_server, running, random.Random(seed))

    print(*wrong, sep="\n")
    told = f"{racers} trainers racing: sequences with two winners, or an older end"
    find(told, len(wrong), f"of {ROUNDS} rounds")


def race(aws: Cloud, running: list[Worker], chance: random.Random) -> list[str]:
    """Let all train while labels come in; say what was wrong."""
    project = aws.project()
    # Half of the rounds without a lease: it saves money, and must not be needed to be right.
    respects = chance.random() < 0.5
    for worker in running:
        off, wait = chance.uniform(-3600, 3600), chance.uniform(0, 0.3)
        worker.begin(Job(project.key, waits_s=wait, clock_off_s=off, respects_lease=respects))
    aws.label(project, 2, first=KNOWN + 5)
    done = [worker.end() for worker in running]
    # The wake-up of the labels that came last, when every lease is over.
    done.append(running[0].do(Job(project.key, clock_off_s=3 * 3600)))
    winners = Counter(int(entry["version"].partition("-")[0]) for entry in aws.history(project))
    wrong = []
    if not all(one and one.well for one in done):
        wrong.append("a trainer failed")
    if max(winners.values()) > 1:
        wrong.append(f"two winners: {winners}")
    newest = list(range(1, KNOWN + 7))
    if aws.labels(project) != newest or not is_learnt(project):
        wrong.append("the newest labels did not win")
    return wrong


def test_a_pin_that_races_with_a_publish_wins(aws_server):
    wrong = []
    with workers(2, aws_server.environment) as (trainer, commander):
        for seed in range(ROUNDS):
            wrong += pin_against_publish(aws_server, trainer, commander, random.Random(seed))

    print(*wrong, sep="\n")
    find("pin against a publish: lost pins", len(wrong), f"of {ROUNDS} rounds")


def pin_against_publish(
    aws: Cloud, trainer: Worker, commander: Worker, chance: random.Random
) -> list[str]:
    project = aws.project()
    trainer.begin(Job(project.key))
    done = commander.do(Job(project.key, "pin", waits_s=chance.uniform(0, 0.4)))
    pinned = project.active().value  # as it is from now on
    trainer.end()
    again = trainer.do(Job(project.key, clock_off_s=3600))
    after = project.active().value
    went_well = bool(done and done.well and again and again.well)
    is_kept = pinned.pinned and after.pinned and after.version == pinned.version
    return [] if went_well and is_kept else [f"{pinned} became {after}"]


def test_a_rollback_that_races_with_a_publish_tears_nothing(aws_server):
    wrong = []
    with workers(2, aws_server.environment) as (trainer, commander):
        for seed in range(ROUNDS):
            wrong += rollback_against_publish(aws_server, trainer, commander, random.Random(seed))

    print(*wrong, sep="\n")
    find(
        "rollback against a publish: torn states, switches untold",
        len(wrong),
        f"of {ROUNDS} rounds",
    )


def rollback_against_publish(
    aws: Cloud, trainer: Worker, commander: Worker, chance: random.Random
) -> list[str]:
    project = aws.project()
    first = project.active().value.version
    assert trainer.do(Job(project.key))
    aws.label(project, 2, first=KNOWN + 5)
    trainer.begin(Job(project.key))
    done = commander.do(Job(project.key, f"activate:{first}", waits_s=chance.uniform(0, 0.4)))
    trained = trainer.end()
    entries, active = aws.history(project), project.active().value
    is_told = len(entries) == active.switch and entries[-1]["version"] == active.version
    went_well = bool(done and done.well and trained and trained.well)
    is_whole = not torn_state(aws, project, KNOWN + 6) and not project.has_pending()
    return [] if went_well and is_told and is_whole else [f"{done} {trained} {active} {entries}"]


def test_the_lease_of_a_dead_trainer_is_taken_over_after_a_minute(aws_server):
    """What a killed trainer leaves is in test_kills; here, that its lease holds nobody up."""
    lease = Lease(aws_server.store, aws_server.project().key, TRAINER)
    assert lease.take("dead", 1_000.0, 60)

    assert not lease.take("next", 1_059.0, 60)
    assert lease.take("next", 1_060.0, 60)
