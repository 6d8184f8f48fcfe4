"""A backend in memory, and a project of it."""

import httpx
import pytest

from labelloop.local.annotator import DemoTask
from labelloop.local.backend import DemoBackend
from labelloop.local.project import DemoProject
from tests.unit.local.fake_backend import LABELS, FakeBackend


@pytest.fixture
def fake():
    return FakeBackend()


@pytest.fixture
def backend(fake):
    with httpx.Client(transport=httpx.MockTransport(fake), base_url="http://fake") as client:
        yield DemoBackend(client)


@pytest.fixture
def project():
    return DemoProject(7, "Demo", LABELS, task_number=8)


@pytest.fixture
def tasks():
    return [DemoTask(id=n, inner_id=n, text=f"{LABELS[n % 2]} number {n}") for n in range(1, 9)]
