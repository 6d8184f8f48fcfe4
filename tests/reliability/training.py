"""What training needs, in one place: the real head, patience of seconds, no Label Studio."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
from labelloop.domain.learning.features import Features
from labelloop.domain.learning.training import Trained
from labelloop.recipes.text_choices.train_model import train_head
from labelloop.usecases.learning.featurise import Featuriser

from labelloop.bucket.project import Project
from labelloop.domain.learning.policy import Patience
from labelloop.ports import ObjectStore
from labelloop.recipes.text_choices.onnx_model import OnnxHead
from labelloop.usecases.learning.train import TrainDeps
from tests.builders import LABELS

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
        rank_queue=cast(Any, None),  # never used: nothing is pushed anywhere
        is_connected=False,
        featuriser=Featuriser(),
        train_head=fit,
        load_head=OnnxHead if fit is train_head else lambda _: NoHead(),
        patience=PATIENCE,
        min_labels=least,
        strategy="margin",
        clock=clock,
        is_blind=True,
    )


def no_head(features: Features, labels: Any, **_: Any) -> Trained:
    """Stand for a training whose result does not matter."""
    classes = sorted(set(labels))
    unsure = np.full((len(labels), len(classes)), 1 / len(classes), np.float32)
    return Trained(b"model", {}, classes, unsure)


class NoHead:
    """What stands for its artefact: as unsure of everything."""

    classes = LABELS
    encoder = ""

    def predict_proba(self, features: Features) -> Any:
        return np.full((len(features), len(LABELS)), 1 / len(LABELS), np.float32)


def is_learnt(project: Project) -> bool:
    """Say whether the version that is served has learnt the newest snapshot, and nothing waits."""
    newest = project.dataset_pointer().value.seq
    return project.active().value.dataset_seq == newest and not project.has_pending()
