"""Hand dead letters back to their queues, once what made them fail is mended.

The one command that needs AWS rights: CloudFormation's to find the queues, and SQS's on both ends.
"""

from typing import Any, Final

from labelloop.cli.report import Report
from labelloop.errors import NotFound, Rejected

_AT_ONCE: Final = 10  # the most that SQS hands out
_QUEUE, _DEAD = "QueueUrl", "DeadLetterQueueUrl"  # how the stack's outputs end


def redrive(stack: str, report: Report) -> None:
    """Move the dead letters of each of a stack's queues; tell how many."""
    aws = _aws()
    outputs = _outputs(aws.client("cloudformation"), stack)
    for name in sorted(name.removesuffix(_DEAD) for name in outputs if name.endswith(_DEAD)):
        moved = move(aws.client("sqs"), outputs[name + _DEAD], outputs[name + _QUEUE])
        report.data[name.lower()] = moved
        report.say(f"{name.lower()}: {moved:,} moved")


def move(sqs: Any, source: str, target: str) -> int:
    """Move all messages of a queue to another; return how many.

    Each is sent before it is deleted: stopped in between, it comes twice, which does no harm.
    """
    moved = 0
    while messages := _receive(sqs, source):
        for message in messages:
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    # Waiting asks all of a queue's servers; without, some of them may hold more.
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=1)
    return list(received.get("Messages", []))


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as exc:
        raise NotFound(f"stack {stack}: {exc}") from exc
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _aws() -> Any:
    try:
        import boto3
    except ImportError:
        told = "this command needs boto3: uv tool install './shared[cli]' --with boto3"
        raise Rejected(told) from None
    return boto3.session.Session()
