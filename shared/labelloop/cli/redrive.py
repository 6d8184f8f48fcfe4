"""Hand dead letters back to their queues, once what made them fail is mended.

The one command that needs AWS rights: CloudFormation's to find the queues, and SQS's on both ends.
"""

from typing import Any, Final

from labelloop.cli.report import Report
from labelloop.errors import Rejected

_AT_ONCE: Final = 10  # the most that SQS hands out
_QUEUE, _DEAD = "QueueUrl", "DeadLetterQueueUrl"  # how the stack's outputs end


def redrive(stack: str, report: Report) -> None:
    """Move the dead letters of each of a stack's queues; tell how many."""
    failures = _failures()
    try:
        aws = _aws()
        outputs = _outputs(aws.client("cloudformation"), stack)
        for name in sorted(name.removesuffix(_DEAD) for name in outputs if name.endswith(_DEAD)):
            moved = move(aws.client("sqs"), outputs[name + _DEAD], outputs[name + _QUEUE])
            report.data[name.lower()] = moved
            report.say(f"{name.lower()}: {moved:,} moved")
    except failures as exc:
        raise Rejected(f"AWS, about stack {stack}: {exc}", _fix(exc, stack)) from exc


def _fix(error: Exception, stack: str) -> str:
    """Return the command that helps."""
    again = f"labelloop redrive --stack {stack}"
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


def move(sqs: Any, source: str, target: str) -> int:
    """Move all messages of a queue to another; return how many.

    Each is sent before it is deleted: stopped in between, it comes twice, which does no harm.
    """
    moved = 0
    while messages := _receive(sqs, source):
        for message in messages:
            group: Any = message.get("Attributes", {})  # which project's it is, if it is one's
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **group)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    # Waiting asks all of a queue's servers; without, some of them may hold more.
    received = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["MessageGroupId"],
    )
    return list(received.get("Messages", []))


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _aws() -> Any:
    import boto3

    return boto3.session.Session()


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
