"""Timeouts and attempts of calls to AWS, for both kinds of clients; Label Studio waits longer."""

from typing import Final

CONNECT_S: Final = 1
READ_S: Final = {"s3": 5, "sqs": 2, "ssm": 2}
ATTEMPTS: Final = {"s3": 3, "sqs": 3, "ssm": 2}
