"""The queue of wake-ups on SQS."""

from typing import TYPE_CHECKING, Any

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.aws_errors import unavailable_if_passing
from labelloop.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """One SQS standard queue."""

    def __init__(self, url: str, client: Any = None) -> None:
        self._url = url
        self._sqs: SQSClient = client or client_of("sqs")

    def send(self, message: Message, delay_s: int) -> None:
        """Deliver a wake-up, at least once, no sooner than after the delay (0 to 900)."""
        with unavailable_if_passing():
            self._sqs.send_message(
                QueueUrl=self._url, MessageBody=message.to_json(), DelaySeconds=delay_s
            )
