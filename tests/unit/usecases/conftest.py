"""A project in memory, for the use cases that need no other."""

import pytest

from labelloop.bucket.project import Project
from labelloop.usecases.sweep import SweepDeps
from tests.builders import PROJECT


@pytest.fixture
def sweep_deps(store, queue, rank_queue, clock) -> SweepDeps:
    """What sweeps where no Label Studio is connected."""
    return SweepDeps(
        store=store,
        queue=queue,
        rank_queue=rank_queue,
        label_studio=lambda: None,
        clock=clock,
        encoder="",
    )


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)
