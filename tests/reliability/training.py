"""What training needs, in one place: the real head, patience of seconds, no Label Studio."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from labelloop.adapters.sklearn_head import train_head
from labelloop.domain.policy import Patience
from labelloop.ports import ObjectStore
from labelloop.usecases.train import TrainDeps

PATIENCE = Patience(quiet_s=30, max_wait_s=300, retrain_after=10)


def training(
    store: ObjectStore,
    fit: Any = train_head,
    least: int = 4,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TrainDeps:
    """Return what training works with; `least` = labels that a first model needs."""
    return TrainDeps(
        store=store,
        rank_queue=None,
        train_head=fit,
        patience=PATIENCE,
        min_labels=least,
        score="margin",
        clock=clock,
    )


def no_head(*_: Any) -> tuple[bytes, dict[str, Any]]:
    """Stand for a training whose result does not matter."""
    return b"model", {}
