"""A trainer that is killed anywhere leaves the old version serving, and its work to the next."""

from dataclasses import replace

from tests.reliability.aws_faults import AwsFaults
from tests.reliability.cloud import KNOWN, NEW, Cloud
from tests.reliability.function_process import Done, Job, run
from tests.reliability.report import IS_LONG, find
from tests.reliability.training import is_learnt

ALL = list(range(1, KNOWN + NEW + 1))
AFTER_THE_LEASE_S = 120  # when a message comes again, or the sweep comes round


def test_a_killed_trainer_loses_nothing_and_spoils_nothing(aws_server):
    whole = run(aws_server.environment, Job(aws_server.project().key, kill_at_call=-1)) or Done(
        False, 0, 0
    )
    assert whole.well
    assert min(whole.requests, whole.calls) > 10
    every = range(1, whole.requests + 1)
    jobs = [Job("", faults=AwsFaults(kill_before=n)) for n in every]
    jobs += [Job("", faults=AwsFaults(kill_after=n)) for n in every]
    jobs += [Job("", kill_at_call=max(1, whole.calls * n // 20)) for n in range(20)]
    tried = jobs if IS_LONG else jobs[1::14]
    wrong = [told for job in tried if (told := kill(aws_server, job))]

    print(*wrong, sep="\n")
    find("SIGKILL of a trainer: lost labels or bad versions", len(wrong), f"of {len(tried)} kills")


def kill(aws: Cloud, job: Job) -> str:
    """Kill a trainer of a project of its own; say what was wrong then, or after the next run."""
    project = aws.project()
    before = aws.serve(project).version
    if run(aws.environment, replace(job, project=project.key)) is not None:
        return f"{job}: was not killed"
    served, active = aws.serve(project).version, project.active().value
    if served not in (before, active.version):
        return f"{job}: serves {served}"
    done = run(aws.environment, Job(project.key, clock_off_s=AFTER_THE_LEASE_S))
    if done is None or not done.well:
        return f"{job}: the next run failed"
    is_served = aws.serve(project).version == project.active().value.version != before
    return "" if is_learnt(project) and is_served and aws.labels(project) == ALL else f"{job}: lost"
