"""The queue of wake-ups on SQS."""

from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from labelloop.adapters.aws_errors import unavailable_if_passing
from labelloop.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_CONFIG: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3}
)


class SqsQueue:
    """One SQS standard queue."""

    def __init__(self, url: str, client: "SQSClient | None" = None) -> None:
        self._url = url
        self._sqs: SQSClient = client or boto3.client("sqs", config=_CONFIG)

    def send(self, message: Message, delay_s: int) -> None:
        """Deliver a wake-up, at least once, no sooner than after the delay (0 to 900)."""
        with unavailable_if_passing():
            self._sqs.send_message(
                QueueUrl=self._url, MessageBody=message.to_json(), DelaySeconds=delay_s
            )
