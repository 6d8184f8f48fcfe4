"""A built function under Lambda's own Runtime Interface Emulator, with its share of a processor.

Memory buys processor time: 1,769 MB is one vCPU. A control group gives that share where one may be
made (as root, on Linux); elsewhere the function has a whole processor, and `share_of` says so.
"""

import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from labelloop.local.emulator import LOOPBACK, ROOT, claim_port, executable
from layers.check import layers_of

FULL_VCPU_MB = 1_769
RUNTIME = ".local/lambda/bin/python"  # with Lambda's runtime client, and nothing else
BUILD = ROOT / ".aws-sam" / "build"
_PROCESSOR = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
_RAPID = ".local/sam/lib/python3.13/site-packages/samcli/local/rapid"
_CGROUPS = Path("/sys/fs/cgroup")
_PERIOD_US = 20_000


@dataclass(frozen=True)
class Function:
    """What to start: the folders it imports from, its handler and its memory."""

    folders: tuple[Path, ...]
    memory_mb: int
    handler: str = "app.lambda_handler"

    @classmethod
    def built(cls, name: str, without: str = "-") -> "Function":
        """Return a function as `make build` made it; `without` leaves out layers named so."""
        template = yaml.safe_load((BUILD / "template.yaml").read_text())
        properties = template["Resources"][name]["Properties"]
        layers = [layer for layer in layers_of(properties) if without not in layer]
        folders = (BUILD / name, *(BUILD / layer / "python" for layer in layers))
        return cls(folders, properties["MemorySize"])


class Emulated:
    """A function that starts at its first invocation."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{LOOPBACK}:{port}/2015-03-31/functions/function/invocations"
        self._http = httpx.Client(timeout=60, trust_env=False)

    def invoke(self, event: Mapping[str, Any]) -> tuple[float, Any]:
        """Return the seconds to the answer, and the answer."""
        started = time.perf_counter()
        answer = self._http.post(self._url, json=event)
        return time.perf_counter() - started, answer.json()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


@contextmanager
def emulated(function: Function, environment: Mapping[str, str], core: int) -> Iterator[Emulated]:
    """Offer a function that has not started, on one core, with its share of it."""
    port, api = claim_port(0, "the function", ""), claim_port(0, "its runtime", "")
    share = function.memory_mb / FULL_VCPU_MB
    with _share(port, share) as group:
        running = subprocess.Popen(  # noqa: S603 - SAM's own program
            [
                *(ROOT / _RAPID / f"aws-lambda-rie-{_PROCESSOR}", "--log-level", "error"),
                *("--runtime-interface-emulator-address", f"{LOOPBACK}:{port}"),
                *("--runtime-api-address", f"{LOOPBACK}:{api}"),
                *(executable("LAMBDA_PYTHON", RUNTIME), "-m", "awslambdaric", function.handler),
            ],
            env=_environment(function, environment),
            cwd=function.folders[0],
            preexec_fn=lambda: _settle(core, group),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        offered = Emulated(port)
        try:
            _wait_for(port)
            yield offered
        finally:
            offered.close()
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def share_of(function: Function) -> str:
    """Say what share of a processor the function gets here."""
    with _share(0, 1.0) as group:
        if group is None:
            return "a whole processor: no control group could be made"
    return f"{min(1.0, function.memory_mb / FULL_VCPU_MB):.2f} of a processor"


def _environment(function: Function, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, function.folders)),
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's folders can't be written to
        "LAMBDA_TASK_ROOT": str(function.folders[0]),
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        **environment,
    }


def _settle(core: int, group: list[Path] | None) -> None:
    os.sched_setaffinity(0, {core})
    for folder in group or ():
        (folder / "cgroup.procs").write_text(str(os.getpid()))


@contextmanager
def _share(number: int, share: float) -> Iterator[list[Path] | None]:
    """Make a control group with a share of a processor; None where that is not allowed."""
    first = (_CGROUPS / "cgroup.controllers").exists()
    folder = (_CGROUPS if first else _CGROUPS / "cpu") / f"labelloop-bench-{number}"
    quota = int(_PERIOD_US * share)
    try:
        folder.mkdir(exist_ok=True)
        if first:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
    except OSError:
        yield None
        return
    try:
        yield [folder]
    finally:
        for _ in range(50):
            with suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.02)


def _wait_for(port: int) -> None:
    for _ in range(500):
        with suppress(httpx.TransportError):
            httpx.get(f"http://{LOOPBACK}:{port}/", trust_env=False)
            return
        time.sleep(0.01)
    raise TimeoutError("the emulator did not start")
