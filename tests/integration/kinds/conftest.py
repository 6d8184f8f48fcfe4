"""What the tests of all kinds rank with."""

from collections.abc import Callable
from typing import Any

import pytest

from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.serve import Versions
from tests.deps import ranking_deps
from tests.fakes import MemoryLabelStudio


@pytest.fixture
def ranking_of(store, rank_queue, queue, clock) -> Callable[..., RankDeps]:
    """Return what ranks the projects of a Label Studio by the versions that are served."""

    def ranking_of(studio: MemoryLabelStudio, versions: Versions, **chosen: Any) -> RankDeps:
        return ranking_deps(
            store,
            rank_queue,
            clock,
            train_queue=queue,
            versions=lambda: versions,
            label_studio=lambda: studio,
            **chosen,
        )

    return ranking_of
