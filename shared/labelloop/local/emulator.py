"""The embedded AWS: one emulator process on the loopback interface, with its files in a folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from labelloop.errors import LabelloopError

ROOT = Path(__file__).parents[3]
LOOPBACK = "127.0.0.1"


class LocalStackFailed(LabelloopError):
    """The local stack cannot be started; the message says what to do about it."""


def executable(variable: str, default: str) -> Path:
    """Return the path in an environment variable, or else the checkout's own tool."""
    path = Path(os.environ.get(variable) or ROOT / default)
    if not path.exists():
        raise LocalStackFailed(f"{path} is missing; run make setup")
    return path


def claim_port(port: int, use: str, option: str) -> int:
    """Return the port, or a free one for 0; LocalStackFailed if a process listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as exc:
            raise LocalStackFailed(
                f"port {port} for {use} is taken: end what listens there,"
                f' or choose another by make up ARGS="{option} ..."'
            ) from exc
        return int(probe.getsockname()[1])


def aws_environment(endpoint: str) -> dict[str, str]:
    """Return the variables that point any AWS client at the emulator, and at nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",  # before the next, which is all that boto3 reads
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def sealed_environment(home: Path, **variables: str) -> dict[str, str]:
    """Return an environment without the user's AWS profile, proxies and virtual environment."""
    home.mkdir(parents=True, exist_ok=True)
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(home), **variables}


@contextmanager
def emulator(state: Path, port: int) -> Iterator[Mapping[str, str]]:
    """Run the emulator with a folder's state; yield the variables that point clients at it."""
    scratch = state / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)  # functions unpacked by a killed emulator
    scratch.mkdir(parents=True)
    endpoint = f"http://{LOOPBACK}:{port}"
    with (state / "emulator.log").open("wb") as log:
        # In a new session: Ctrl-C in the terminal must not reach it before its clean stop.
        process = subprocess.Popen(  # noqa: S603 - our own tool
            [executable("LABELLOOP_EMULATOR", ".local/emulator/bin/ministack")],
            env=sealed_environment(
                state / "home",
                AUTH="true",  # each function may do what its role allows, and nothing else
                BIND_HOST=LOOPBACK,
                GATEWAY_PORT=str(port),
                LAMBDA_EXECUTOR="local",
                PERSIST_STATE="1",
                STATE_DIR=str(state / "aws"),
                S3_PERSIST="1",
                S3_DATA_DIR=str(state / "s3"),
                TMPDIR=str(scratch),
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, endpoint, state / "emulator.log")
        yield aws_environment(endpoint)
    finally:
        _stop(process)
        shutil.rmtree(scratch, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{endpoint}/_ministack/health", trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise LocalStackFailed(f"the emulator did not start; see {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the emulator by SIGTERM, at which it saves its state; then kill its other processes."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=30)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
