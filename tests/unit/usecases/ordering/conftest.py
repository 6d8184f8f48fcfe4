"""A project in a Label Studio in memory, and what ranks it."""

from dataclasses import replace

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp
from labelloop.usecases.ordering.limits import Limits
from tests.builders import card, label_config
from tests.deps import ranking_deps
from tests.fakes import MemoryLabelStudio
from tests.unit.usecases.ordering.versions import OneVersion, project_key_of


@pytest.fixture
def label_studio() -> MemoryLabelStudio:
    return MemoryLabelStudio(page_size=3)


@pytest.fixture
def id_(label_studio) -> int:
    made = label_studio.create_project(label_config=label_config())
    label_studio.import_tasks(made, [{"text": "x" * length} for length in (5, 3, 9, 1, 7, 2, 8)])
    return made


@pytest.fixture
def key(id_, label_studio) -> str:
    return project_key_of(label_studio, id_)


@pytest.fixture
def project(store, key) -> Project:
    project = Project(store, key)
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = label_config()
    project.add_dataset(after, dataset)
    return project


@pytest.fixture
def deps(store, rank_queue, queue, label_studio, clock, monkeypatch):
    monkeypatch.setattr("labelloop.usecases.ordering.order.in_random_order", lambda *_: [])
    return ranking_deps(
        store,
        rank_queue,
        clock,
        train_queue=queue,
        versions=lambda: OneVersion("1-aaaaaaaa"),
        label_studio=lambda: label_studio,
        queue_length=5,
        limits=Limits(shards_in_a_part=1),
    )


@pytest.fixture
def limit(deps):
    """Have steps take on more or less than they do."""

    def limit(**limits) -> None:
        object.__setattr__(deps, "limits", replace(deps.limits, **limits))

    return limit


@pytest.fixture
def activate(project, deps):
    def activate(version: str) -> RankWakeUp:
        after = project.active()
        seq = int(version.partition("-")[0])
        to = ActivePointer(version, seq, 1, switch=after.value.switch + 1)
        if version not in project.versions():
            project.add_model(b"", card(version))
        project.switch(after, to, {"why": "test"})
        served = OneVersion(version)
        object.__setattr__(deps, "versions", lambda: served)
        return RankWakeUp(project.key)

    return activate
