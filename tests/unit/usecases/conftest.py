"""A project in memory, for the use cases that need no other."""

import pytest

from labelloop.bucket.project import Project
from tests.builders import PROJECT


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)
