"""Trainings over a line on which requests fail: they end well or cleanly, and nothing is torn."""

from hashlib import sha256

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import checksum, decompress
from tests.reliability.aws_faults import CONDITIONAL, AwsFaults
from tests.reliability.cloud import KNOWN, NEW, Cloud
from tests.reliability.function_process import Job, workers
from tests.reliability.report import find, size
from tests.reliability.training import is_learnt

ALL = list(range(1, KNOWN + NEW + 1))
AFTER_THE_LEASE_S = 120


@pytest.mark.parametrize("percent", [1, 10, 30])
def test_failing_requests_tear_nothing(aws_server, percent):
    count = size(4, 50)
    jobs = [Job("", faults=AwsFaults(rate=percent / 100, seed=seed)) for seed in range(count)]
    wrong = try_all(aws_server, jobs)

    find(f"{percent} % of requests failing: torn states", len(wrong), f"of {count} trainings")


def test_races_and_ambiguous_answers_to_any_conditional_write_tear_nothing(aws_server):
    writes = size(2, 8)  # of a training
    jobs = [
        Job("", faults=AwsFaults(conditional=kind, nth=nth))
        for kind in CONDITIONAL
        for nth in range(1, writes + 1)
    ]
    wrong = try_all(aws_server, jobs)

    find("409 and 412 on each conditional write: torn states", len(wrong), f"of {len(jobs)} writes")


def try_all(aws: Cloud, jobs: list[Job]) -> list[str]:
    """Run each on a project of its own, then once more without faults; say what was wrong."""
    wrong = []
    with workers(1, aws.environment) as (worker,):
        for job in jobs:
            project = aws.project()
            done = worker.do(Job(project.key, faults=job.faults))
            if torn := torn_state(aws, project):
                wrong.append(f"{job}: {torn}")
            if done and done.well and aws.labels(project) != ALL and project.has_pending():
                wrong.append(f"{job}: said it went well, and left labels behind")
            done = worker.do(Job(project.key, clock_off_s=AFTER_THE_LEASE_S))
            is_mended = is_learnt(project) and aws.labels(project) == ALL
            if not (done and done.well and is_mended) or torn_state(aws, project):
                wrong.append(f"{job}: the next run did not mend it")
    print(*wrong, sep="\n")
    return wrong


def torn_state(aws: Cloud, project: Project, labels: int = KNOWN + NEW) -> str:
    """Say what a pointer names that is not whole, or that labels are lost; empty if all is well."""
    pointer = project.dataset_pointer().value
    key = f"projects/{project.key}/datasets/{pointer.seq:08d}-{pointer.sha256}.jsonl.gz"
    stored = aws.store.get(key)
    if stored is None or checksum(decompress(stored.body)) != pointer.sha256:
        return "the dataset is not whole"
    active = project.active().value
    card, model = project.card(active.version), project.model(active.version)
    if card is None or model is None or sha256(model).hexdigest() != active.sha256:
        return "the version is not whole"
    if card.sha256 != active.sha256 or aws.serve(project).model is None:
        return "the version is not the one of the card"
    folded = set(aws.labels(project))
    waiting = {int(one.key[-11:-5]) for one in project.pending()}
    return "" if folded | waiting == set(range(1, labels + 1)) else "labels are lost"
