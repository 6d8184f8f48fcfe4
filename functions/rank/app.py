"""SQS: each wake-up takes one step of ranking one project's pool."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from labelloop.bootstrap import rank_deps
from labelloop.config import machine
from labelloop.messages import RankWakeUp
from labelloop.observability import about, about_call, count, logger
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.spending import spending

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Return the messages that SQS must deliver again."""
    about_call(context)
    return process_partial_response(event, record_handler, _processor, context)


def record_handler(record: SQSRecord) -> None:
    """Take one step: an exception sends the message back to the queue."""
    try:
        wake_up = RankWakeUp.from_json(record.body)
        about(project=wake_up.project)
        deps = rank_deps()
        with spending(wake_up.project, "rank", deps.store, machine()):
            outcome = rank(wake_up, deps)
    except Exception:
        logger().exception("ranking failed", extra={"message_id": record.message_id})
        count("RankingFailed")
        raise
    facts = {"project": wake_up.project, "step": wake_up.step, "outcome": outcome}
    logger().info("ranking step done", extra=facts)
