"""SQS: each wake-up brings one project up to date."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from labelloop.bootstrap import train_deps
from labelloop.config import machine
from labelloop.messages import WakeUp
from labelloop.observability import about, about_call, count, logger
from labelloop.usecases.learning.train import train
from labelloop.usecases.spending import spending

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Return the messages that SQS must deliver again."""
    about_call(context)
    return process_partial_response(event, record_handler, _processor, context)


def record_handler(record: SQSRecord) -> None:
    """Bring one project up to date: an exception sends the message back to the queue."""
    try:
        wake_up = WakeUp.from_json(record.body)
        about(project=wake_up.project)
        deps = train_deps()
        with spending(wake_up.project, "train", deps.store, machine()):
            outcome = train(wake_up, deps)
    except Exception:
        logger().exception("wake-up failed", extra={"message_id": record.message_id})
        count("TrainingFailed")
        raise
    logger().info("wake-up done", extra={"project": wake_up.project, "outcome": outcome})
