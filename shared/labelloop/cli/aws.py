"""AWS with a person's own rights, for what no function may do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labelloop.errors import Rejected


def session() -> Any:
    """Return boto3's session of whoever is signed in."""
    import boto3

    return boto3.session.Session()


def outputs(aws: Any, stack: str) -> dict[str, str]:
    """Return the outputs of a stack."""
    (found,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


@contextmanager
def told(stack: str, command: str) -> Iterator[None]:
    """Turn what AWS refuses into a sentence, with what helps."""
    failures = _failures()
    try:
        yield
    except failures as exc:
        raise Rejected(f"AWS, about stack {stack}: {exc}", _fix(exc, command)) from exc


def _fix(error: Exception, again: str) -> str:
    """Return the command that helps."""
    match type(error).__name__:
        case "NoRegionError":
            return f"name the region of the stack: AWS_REGION=eu-central-1 {again}"
        case "NoCredentialsError" | "PartialCredentialsError" | "ProfileNotFound":
            return f"sign in first, as for `sam deploy`: aws configure, or AWS_PROFILE=... {again}"
        case "EndpointConnectionError" | "ConnectTimeoutError" | "SSLError":
            return "check the region, HTTPS_PROXY and AWS_CA_BUNDLE"
        case _ if "does not exist" in str(error):
            return "give --stack and AWS_REGION the name and region that `sam deploy` was given"
    return f"look at the rights of `aws sts get-caller-identity`, then run: {again}"


def _failures() -> tuple[type[Exception], ...]:
    """Return what boto3 raises; Rejected where it is not there."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise Rejected(
            "this command needs boto3",
            "run `make cli`, which brings it, or uv tool install './shared[cli]' --with boto3",
        ) from None
    return BotoCoreError, ClientError
