"""What the cold starts are held against: a plain function with powertools' Logger and boto3.

Logger, a client of SQS, one message: what a webhook that keeps nothing would do.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="plain")
sqs = boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Put the body on a queue."""
    sqs.send_message(QueueUrl=os.environ["TRAIN_QUEUE_URL"], MessageBody=event["body"])
    logger.info("sent")
    return {"statusCode": 202, "body": "{}"}
