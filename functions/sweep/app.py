"""Schedule: wake the projects that were forgotten."""

from typing import Any

from labelloop.bootstrap import sweep_deps
from labelloop.observability import logger
from labelloop.usecases.sweep import sweep


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Answer with how many projects were woken."""
    woken = sweep(sweep_deps())
    logger().info("swept", extra={"woken": woken})
    return {"woken": woken}
