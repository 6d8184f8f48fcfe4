"""The whole system on one machine: the real template, deployed onto an embedded AWS."""

import fcntl
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

from labelloop.local.emulator import (
    LOOPBACK,
    ROOT,
    LocalStackFailed,
    claim_port,
    emulator,
    executable,
    sealed_environment,
)
from labelloop.local.proxy import proxy, serving

NAME = "labelloop"
LOCAL = ROOT / ".local"
TEMPLATE = ROOT / ".aws-sam" / "build" / "template.yaml"


@dataclass(frozen=True)
class LocalStack:
    """A running stack: its URL and credentials for Label Studio, and its AWS resources."""

    url: str
    user: str
    password: str
    outputs: Mapping[str, str]
    aws_environment: Mapping[str, str]

    def client(self, service: str, **settings: Any) -> Any:
        """Return a boto3 client of the embedded AWS, with settings for botocore's Config."""
        return _client(service, self.aws_environment, **settings)


@contextmanager
def local_stack(
    *,
    port: int = 0,
    emulator_port: int = 0,
    state: Path | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[LocalStack]:
    """Deploy what `make build` built and run it until the block ends.

    Port 0 means any free port. The next run with the same state folder continues with its contents;
    without a folder everything is deleted at the end. Parameters are the template's.
    """
    with ExitStack() as ending:
        if state is None:
            LOCAL.mkdir(exist_ok=True)
            state = Path(ending.enter_context(TemporaryDirectory(prefix="once-", dir=LOCAL)))
        yield ending.enter_context(_running(port, emulator_port, state.resolve(), parameters or {}))


@contextmanager
def _running(
    port: int, emulator_port: int, state: Path, parameters: Mapping[str, str]
) -> Iterator[LocalStack]:
    if sys.platform != "linux":
        raise LocalStackFailed("the layers hold Linux libraries: run this on Linux, or in WSL")
    state.mkdir(parents=True, exist_ok=True)
    port = claim_port(port, "Labelloop", "--port")
    emulator_port = claim_port(
        _stored_port(state / "emulator-port", emulator_port), "the emulator", "--emulator-port"
    )
    (state / "emulator-port").write_text(str(emulator_port))
    with emulator(state, emulator_port) as aws:
        with _no_build_running():
            outputs = _deploy(state, aws, parameters)
        # The emulator enforces policies as AWS does, but uses HTTP, while the bucket's policy
        # requires TLS; and it ignores the headers of writes, so that policies on them refuse all.
        _client("s3", aws).delete_bucket_policy(Bucket=outputs["BucketName"])
        count_workers(_client("lambda", aws))
        user, password = _credentials(state / "credentials")
        _client("ssm", aws).put_parameter(
            Name=outputs["CredentialsParameterName"],
            Value=f"{user}:{password}",
            Type="SecureString",
            Overwrite=True,
        )
        api = f"{aws['AWS_ENDPOINT_URL']}/_aws/execute-api/{outputs['ApiId']}/$default"
        with serving(proxy(api), LOOPBACK, port) as url:
            yield LocalStack(url, user, password, outputs, aws)


@contextmanager
def _no_build_running() -> Iterator[None]:
    """Hold off builds: otherwise SAM might store a half-built layer under the name of the whole."""
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not TEMPLATE.exists():
            raise LocalStackFailed(f"{TEMPLATE} is missing; run make build")
        yield


def overriding(parameters: Mapping[str, str]) -> list[str]:
    """Return parameters as `sam deploy` takes them: quoted, or it would refuse empty ones."""
    return [f'{name}="{value}"' for name, value in parameters.items()]


def _deploy(state: Path, aws: Mapping[str, str], parameters: Mapping[str, str]) -> dict[str, str]:
    """Create or update the stack by `sam deploy`, as on AWS; return its outputs."""
    overrides = overriding(parameters)
    done = subprocess.run(  # noqa: S603 - our own tool and template
        [
            *(executable("LABELLOOP_SAM", ".local/sam/bin/sam"), "deploy"),
            *("--template-file", TEMPLATE, "--stack-name", NAME, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"),
            *(("--parameter-overrides", *overrides) if overrides else ()),
        ],
        cwd=ROOT,
        env=sealed_environment(state / "home", SAM_CLI_TELEMETRY="0", **aws),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (state / "deploy.log").write_text(done.stdout)
    if done.returncode:
        reason = done.stdout.partition("Error: ")[2].strip() or "no reason given"
        raise LocalStackFailed(f"sam deploy failed: {reason}\n(all of it: {state}/deploy.log)")
    (stack,) = _client("cloudformation", aws).describe_stacks(StackName=NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def count_workers(functions: Any) -> None:
    """Set each queue's number of readers as a number: the emulator gets it as a text.

    Otherwise no message would ever be read.
    """
    for source in functions.list_event_source_mappings()["EventSourceMappings"]:
        if most := source.get("ScalingConfig", {}).get("MaximumConcurrency"):
            scaling = {"MaximumConcurrency": int(most)}
            functions.update_event_source_mapping(UUID=source["UUID"], ScalingConfig=scaling)


def _stored_port(file: Path, port: int) -> int:
    """Return the port that a folder was first used with: it is part of the queues' URLs."""
    stored = int(file.read_text()) if file.exists() else 0
    if port and stored and port != stored:
        raise LocalStackFailed(f"{file.parent} belongs to --emulator-port {stored}: give that")
    return port or stored


def _credentials(file: Path) -> tuple[str, str]:
    """Return the user and password in a file; they are generated if it does not exist."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"labelstudio:{secrets.token_urlsafe(18)}\n")
    user, _, password = file.read_text().strip().partition(":")
    return user, password


def _client(service: str, aws: Mapping[str, str], **settings: Any) -> Any:
    session = boto3.session.Session(
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        region_name=aws["AWS_DEFAULT_REGION"],
    )
    connect: Callable[..., Any] = session.client  # the stubs know each service by a literal name
    config = Config(proxies={}, **settings)
    return connect(service, endpoint_url=aws["AWS_ENDPOINT_URL"], config=config)
