"""Move dead letters back to their queues, once the cause of their failure is fixed.

Needs AWS rights: CloudFormation's to find the queues, and SQS's on both queues.
"""

from typing import Any, Final

from labelloop.cli import aws
from labelloop.cli.command import AsJson, Stack, ended
from labelloop.cli.report import Report

_AT_ONCE: Final = 10  # the most that SQS returns in one request
_QUEUE, _DEAD = "QueueUrl", "DeadLetterQueueUrl"  # how the stack's outputs end


def redrive(
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Move dead letters back to their queues. Needs AWS rights."""
    command = f"labelloop redrive --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        session = aws.session()
        outputs, sqs = aws.outputs(session, stack), session.client("sqs")
        for name in sorted(name.removesuffix(_DEAD) for name in outputs if name.endswith(_DEAD)):
            moved = move(sqs, outputs[name + _DEAD], outputs[name + _QUEUE])
            report.data[name.lower()] = moved
            report.say(f"{name.lower()}: {moved:,} moved")


def move(sqs: Any, source: str, target: str) -> int:
    """Move all messages of a queue to another; return how many.

    Each is sent before it is deleted: after an interruption, one may be delivered twice, which does
    no harm.
    """
    moved = 0
    while messages := _receive(sqs, source):
        for message in messages:
            group: Any = message.get("Attributes", {})  # the MessageGroupId: the project, if any
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **group)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    # With a wait SQS queries all its servers; without one, messages on some of them may be missed.
    received = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["MessageGroupId"],
    )
    return list(received.get("Messages", []))
