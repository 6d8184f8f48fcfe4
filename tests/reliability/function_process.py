"""Functions in processes of their own, which can be killed as Lambda's can."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import botocore.endpoint

import functions.train.app
from labelloop import bootstrap
from labelloop.bucket.lease import Lease
from labelloop.messages import WakeUp
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Control
from labelloop.recipes.text import fitted_model  # noqa: F401 - loaded once
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.pin import PinDeps, pin
from tests.fakes import MemoryQueue, Ready, learning_by
from tests.integration.conftest import CONTEXT
from tests.reliability.aws_faults import AwsFaults, Line
from tests.reliability.shortages import Shortage, suffering

train_app: Any = functions.train.app
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Job:
    """One thing to do to a project: train, pin, or activate:<version>."""

    project: str
    what: str = "train"
    faults: AwsFaults = field(default_factory=AwsFaults)
    shortage: Shortage = field(default_factory=Shortage)  # from when it begins to fit
    kill_at_call: int = 0  # of the functions that fitting and converting call; -1 only counts them
    waits_s: float = 0.0
    clock_off_s: float = 0.0
    respects_lease: bool = True


@dataclass(frozen=True)
class Done:
    """What came of a job."""

    well: bool
    requests: int
    writes: int
    calls: int = 0
    from_fit_s: float = 0.0  # how long it took from when it began to fit


class Worker:
    """A process that does jobs. `do` gives None if it was killed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._pipe, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_work, args=(theirs, dict(environment)), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, job: Job) -> None:
        self._pipe.send(job)

    def end(self) -> Done | None:
        try:
            done: Done = self._pipe.recv()
        except (EOFError, ConnectionResetError):
            return None
        return done

    def do(self, job: Job) -> Done | None:
        self.begin(job)
        return self.end()

    def close(self) -> None:
        self._pipe.close()
        self._process.join(5)
        self._process.kill()
        self._process.join()


@contextmanager
def workers(count: int, environment: Mapping[str, str]) -> Iterator[list[Worker]]:
    """Run so many processes until the block ends."""
    running = [Worker(environment) for _ in range(count)]
    try:
        yield running
    finally:
        for worker in running:
            worker.close()


def run(environment: Mapping[str, str], job: Job) -> Done | None:
    """Do a job in a process of its own."""
    with workers(1, environment) as (worker,):
        return worker.do(job)


def _work(pipe: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    line = Line()
    # Retries are what is tried here, not the patience between them.
    vars(botocore.endpoint)["time"] = SimpleNamespace(sleep=lambda _: None)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        sys.stdout = sys.stderr = nowhere
        while True:
            try:
                job: Job = pipe.recv()
            except EOFError:
                return
            pipe.send(_do(job, line))


def _do(job: Job, line: Line) -> Done:
    line.reset(job.faults)
    calls, fitting_since = [0], [time.monotonic()]
    deps = bootstrap.train_deps()
    off = timedelta(seconds=job.clock_off_s)
    short = ExitStack()

    def watched(label_config: str) -> Control:
        control = control_of(label_config)

        def fit(seen: Any, labels: Any, pool: Any = None, **_: Any) -> Ready:
            fitting_since[0] = time.monotonic()
            short.enter_context(suffering(job.shortage))
            with _counted(job, calls):
                return Ready(control.fit(labels, seen, pool).packed())

        return learning_by(fit, OnnxModel)(label_config)

    train_app.train_deps = lambda: replace(
        deps, control_of=watched, clock=lambda: datetime.now(UTC) + off
    )
    take = Lease.take
    if not job.respects_lease:
        Lease.take = lambda *_: True  # type: ignore[method-assign]
    time.sleep(job.waits_s)
    try:
        with short:
            well = _JOBS[job.what.partition(":")[0]](job)
    except Exception:
        well = False
    finally:
        Lease.take = take  # type: ignore[method-assign]
    from_fit_s = time.monotonic() - fitting_since[0]
    return Done(well, line.requests, line.writes, calls[0], from_fit_s)


@contextmanager
def _counted(job: Job, calls: list[int]) -> Iterator[None]:
    """Count the calls of functions, and be dead at one of them."""

    def on_event(_frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            calls[0] += 1
            if calls[0] == job.kill_at_call:
                os.kill(os.getpid(), signal.SIGKILL)

    if job.kill_at_call:
        sys.setprofile(on_event)
    try:
        yield
    finally:
        sys.setprofile(None)


def _train(job: Job) -> bool:
    record = {"messageId": "1", "body": WakeUp(job.project, "sweep").to_json()}
    record |= {"eventSource": "aws:sqs", "receiptHandle": "1", "awsRegion": "eu-central-1"}
    answer = train_app.lambda_handler({"Records": [record]}, CONTEXT)
    return not answer["batchItemFailures"]


def _pin(job: Job) -> bool:
    return pin(job.project, PinDeps(store=bootstrap.store(), train_queue=bootstrap.queue()))


def _activate(job: Job) -> bool:
    version = job.what.partition(":")[2]
    return activate(
        job.project, version, ActivateDeps(store=bootstrap.store(), rank_queue=MemoryQueue())
    )


_JOBS: dict[str, Callable[[Job], bool]] = {"train": _train, "pin": _pin, "activate": _activate}
