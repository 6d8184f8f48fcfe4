"""What use cases work with: all in memory, and what a small deployment chooses."""

from typing import Any

from labelloop.domain.learning.policy import Patience
from labelloop.ports import Clock, ObjectStore, Queue
from labelloop.recipes import load
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainDeps
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.serve import Versions
from tests import fakes

PATIENCE = Patience(quiet_s=10, max_wait_s=60, retrain_after=20)


def training_deps(store: ObjectStore, rank_queue: Queue, clock: Clock, **changes: Any) -> TrainDeps:
    """Return what training works with; the recipes' own models unless `control_of` is given."""
    fields: dict[str, Any] = {
        "tools": Toolbox(),
        "patience": PATIENCE,
        "min_labels": 4,
        "strategy": "margin",
        "is_connected": True,
        "is_blind": True,
    }
    return TrainDeps(store=store, rank_queue=rank_queue, clock=clock, **fields | changes)


def ranking_deps(store: ObjectStore, rank_queue: Queue, clock: Clock, **changes: Any) -> RankDeps:
    """Return what ranking works with; `train_queue`, `versions` and `label_studio` are missing."""
    fields: dict[str, Any] = {
        "tools": Toolbox,
        "strategy": "margin",
        "keeps_predictions": False,
        "is_blind": True,
    }
    return RankDeps(store=store, rank_queue=rank_queue, clock=clock, **fields | changes)


def stored_versions(store: ObjectStore, clock: fakes.Clock, encoder: str = "") -> Versions:
    """Return the versions of a store, loaded as the functions load them."""
    return Versions(store, load, encoder=encoder, clock=lambda: clock.now.timestamp())
