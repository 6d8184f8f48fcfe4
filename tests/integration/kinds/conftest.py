"""What the tests of kinds share: a project of an example, its labels, what ranks it.

A test offers `studio`, and as `example` the tasks and answers of its kind.
"""

from collections.abc import Callable
from typing import Any

import pytest

from labelloop.labelstudio.payloads import key_of
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.serve import Versions
from tests.deps import ranking_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate
from tests.kinds.example import Example


@pytest.fixture
def id_(studio: MemoryLabelStudio, example: Example) -> int:
    made = studio.create_project(label_config=example.config)
    studio.import_tasks(made, list(example.tasks))
    return made


@pytest.fixture
def key(studio: MemoryLabelStudio, id_: int) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def label(studio, id_, example, store, queue, clock) -> Callable[..., None]:
    """Have people label some tasks, by the example's answers or others, as events."""

    def label(rows: range, answer: Any = example.answer) -> None:
        tasks = [task for page in studio.tasks(id_) for task in page]
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for task in tasks[rows.start : rows.stop]:
            annotate(studio, id_, task, answer(task["data"]), deps, clock)

    return label


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
