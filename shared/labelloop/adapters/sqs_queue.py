"""The queue of wake-ups on SQS."""

from typing import TYPE_CHECKING, Any

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.aws_errors import unavailable_if_passing
from labelloop.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """One SQS standard queue, shared fairly: the messages of each project are one group.

    A project that keeps the consumers busy, with many messages or slow ones, yields to the others.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """

    def __init__(self, url: str, client: Any = None) -> None:
        self._url = url
        self._sqs: SQSClient = client or client_of("sqs")

    def send(self, message: Message, delay_s: int) -> None:
        """Deliver a wake-up at least once, after the delay (0 to 900 s) at the earliest."""
        with unavailable_if_passing():
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=message.to_json(),
                DelaySeconds=delay_s,
                MessageGroupId=message.project,
            )
