"""A trainer that runs out of memory, disk or time spoils nothing, and the next run succeeds.

What runs out does so from the fitting on: test_kills has the rest.
"""

from labelloop.bucket.project import Project
from tests.reliability.cloud import KNOWN, NEW, Cloud
from tests.reliability.function_process import Done, Job, run, workers
from tests.reliability.report import find, size
from tests.reliability.shortages import Shortage
from tests.reliability.test_failing_aws import torn_state
from tests.reliability.training import is_learnt

ALL = list(range(1, KNOWN + NEW + 1))
AFTER_THE_LEASE_S = 120
ENOUGH_KB = 80 * 1024  # for a training
STUCK_S = 10.0  # Lambda ends a function that hangs, too


def test_a_trainer_out_of_memory_spoils_nothing(aws_server):
    count = size(8, 80)
    each = [
        short(aws_server, Shortage(memory_kb=ENOUGH_KB * n // count, time_s=STUCK_S))
        for n in range(count)
    ]

    assert not all(done and done.well for _, done in each)  # else nothing was tried
    judge("memory", each)


def test_a_trainer_out_of_time_spoils_nothing(aws_server):
    count = size(4, 40)
    whole = run(aws_server.environment, Job(aws_server.project().key))
    assert whole
    # Squares: some end early enough even where the first training was far slower than the others.
    times_s = [whole.from_fit_s * ((n + 1) / (count + 1)) ** 2 for n in range(count)]
    each = [short(aws_server, Shortage(time_s=time_s)) for time_s in times_s]

    assert any(done is None for _, done in each)
    judge("time", each)


def test_a_trainer_needs_no_disk(aws_server):
    wrong, done = short(aws_server, Shortage(disk_bytes=0))

    assert done
    assert done.well
    judge("disk", [(wrong, done)])


def judge(what: str, each: list[tuple[str, Done | None]]) -> None:
    wrong = [told for told, _ in each if told]
    print(*wrong, sep="\n")
    promise = f"a trainer out of {what}: lost labels, torn or unjudged versions"
    find(promise, len(wrong), f"of {len(each)} trainings")


def short(aws: Cloud, shortage: Shortage) -> tuple[str, Done | None]:
    """Train a project of its own while something is short; say what was wrong, and how it ended.

    The next run is in the same process if that is still there, as Lambda would have it.
    """
    project = aws.project()
    before = aws.serve(project).version
    again = Job(project.key, clock_off_s=AFTER_THE_LEASE_S)
    with workers(1, aws.environment) as (worker,):
        done = worker.do(Job(project.key, shortage=shortage))
        wrong = torn_state(aws, project) or unjudged(project)
        if aws.serve(project).version not in (before, project.active().value.version):
            wrong = "another version is served"
        next_run = worker.do(again) if done else run(aws.environment, again)
    if not next_run or not next_run.well:
        wrong = wrong or "the next run failed"
    is_mended = is_learnt(project) and aws.labels(project) == ALL and not torn_state(aws, project)
    wrong = wrong or unjudged(project) or ("" if is_mended else "the next run did not mend it")
    return wrong and f"{shortage}: {wrong}", done


def unjudged(project: Project) -> str:
    """Say so if a version took the place of one that there was no memory to compare it with."""
    card = project.card(project.active().value.version)
    assert card is not None
    reason: str = card.gate["reason"]
    return reason if "active version cannot be loaded" in reason else ""
