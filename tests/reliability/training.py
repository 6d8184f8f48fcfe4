"""What training needs, in one place: the real model, patience of seconds, no Label Studio."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.columns import Columns
from labelloop.domain.learning.policy import Patience
from labelloop.ports import ObjectStore
from labelloop.recipes import control_of
from labelloop.usecases.learning.train import TrainDeps
from tests.builders import LABELS
from tests.deps import training_deps
from tests.fakes import Classifier, Ready, learning_by, trained

PATIENCE = Patience(quiet_s=30, max_wait_s=300, retrain_after=10)


def training(
    store: ObjectStore,
    fit: Callable[..., Ready] | None = None,
    least: int = 4,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TrainDeps:
    """Return what training works with; `least` = labels that a first model needs.

    `fit(seen, labels, pool, names)` is in the place of the recipe's.
    """
    return training_deps(
        store,
        cast(Any, None),  # never used: nothing is pushed anywhere
        clock,
        is_connected=False,
        patience=PATIENCE,
        min_labels=least,
        control_of=learning_by(fit, lambda _: NoModel()) if fit else control_of,
    )


def no_model(seen: Columns, labels: Any, **_: Any) -> Ready:
    """Stand for a training whose result does not matter."""
    classes = sorted(set(labels))
    unsure = np.full((len(labels), len(classes)), 1 / len(classes), np.float32)
    return trained(b"model", {}, classes, unsure)


class NoModel(Classifier):
    """What stands for its artefact: as unsure of everything."""

    names = LABELS

    def predict_proba(self, seen: Columns) -> Any:
        return np.full((len(seen), len(LABELS)), 1 / len(LABELS), np.float32)


def is_learnt(project: Project) -> bool:
    """Say whether the version that is served has learnt the newest snapshot, and nothing waits."""
    newest = project.dataset_pointer().value.seq
    return project.active().value.dataset_seq == newest and not project.has_pending()
