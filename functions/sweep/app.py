"""Schedule: send wake-ups for projects whose own wake-ups or events were lost."""

from typing import Any

from labelloop.bootstrap import sweep_deps
from labelloop.observability import about_call, logger
from labelloop.usecases.sweep import sweep


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Return the number of projects that a wake-up was sent for."""
    about_call(context)
    woken = sweep(sweep_deps())
    logger().info("swept", extra={"woken": woken})
    return {"woken": woken}
