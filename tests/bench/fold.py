"""Folding a million events, and reading ten thousand of them from the store.

Events as webhooks of a real Label Studio bring them, of short texts: 80 of 100 make an annotation,
15 change one, 5 delete one. What is read is read as the trainer does, against bare requests by as
many threads.
"""

import resource
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.local.emulator import claim_port, emulator
from labelloop.usecases.learning.train import _READERS, _read_events
from tests.bench.report import Finding
from tests.bench.timing import paired
from tests.builders import LABELS, PROJECT, created, deleted

BUCKET = "bench"
EVENTS, PENDING = 1_000_000, 10_000


def measure() -> Iterator[Finding]:
    """Measure the fold in one process, and the reading against the emulated S3."""
    before = _peak_gb()
    started = time.perf_counter()
    dataset = fold(Dataset(), events(EVENTS))
    seconds = time.perf_counter() - started
    grown = _peak_gb() - before
    print(f"{len(dataset.annotations):,} annotations, {grown:.2f} GB", flush=True)
    yield Finding("fold of 1,000,000 events", seconds, "s", 60)
    yield Finding("fold of 1,000,000 events, memory", grown, "GB", 1.0)
    del dataset
    with TemporaryDirectory() as state:
        port = claim_port(0, "the emulator", "")
        with emulator(Path(state), port) as aws:
            yield _reading(client_of("s3", **_connection(aws)))


def events(count: int) -> Iterator[Event]:
    """Yield events one after the other, as the trainer reads them: batch by batch, then dropped."""
    for number in range(count):
        kind, about = number % 20, 1 + number - number % 20 // 2
        if kind < 16:
            text = f"a film like many others, number {number}: good in parts, and too long"
            yield created(1 + number, LABELS[number % 2], text)
        elif kind < 19:
            at = f"2026-11-23T11:00:{number % 60:02d}.000000+00:00"
            yield created(about - 10, LABELS[number % 2], None, updated_at=at)
        else:
            yield deleted(about - 9)


def _reading(s3) -> Finding:
    s3.create_bucket(Bucket=BUCKET)
    project = Project(S3Store(BUCKET, s3), PROJECT)
    with ThreadPoolExecutor(_READERS) as writers:
        list(
            writers.map(lambda n: project.add_event(f"{n:06d}", created(n)), range(1, PENDING + 1))
        )
    pending = project.pending()
    keys = [one.key for one in pending]

    def bare() -> None:
        def read(key: str) -> bytes:
            return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

        with ThreadPoolExecutor(_READERS) as readers:
            assert len(list(readers.map(read, keys))) == PENDING

    def ours() -> None:
        read = _read_events(project, pending)
        assert len(fold(Dataset(), read).annotations) == PENDING

    mine, other, ratio = paired(ours, bare, 3)
    print(f"ours {mine:.1f} s, bare {other:.1f} s")
    return Finding("10,000 events read and folded, of bare concurrent reads", ratio, "times", 1.5)


def _connection(aws: Mapping[str, str]) -> dict[str, Any]:
    return {
        "endpoint_url": aws["AWS_ENDPOINT_URL"],
        "region_name": aws["AWS_DEFAULT_REGION"],
        "aws_access_key_id": aws["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": aws["AWS_SECRET_ACCESS_KEY"],
    }


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
