"""The suite of `label_studio.py`, on the fake."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tests.builders import label_config
from tests.contract.label_studio import LabelStudioContract
from tests.fakes import MemoryLabelStudio


class MemoryWorld:
    def __init__(self) -> None:
        self.api = MemoryLabelStudio(clock=lambda: datetime.now(UTC))
        self.project = self.api.create_project(label_config=label_config())

    def import_tasks(self, texts: Iterable[str]) -> list[int]:
        return self.api.import_tasks(self.project, [{"text": text} for text in texts])

    def annotate(self, task: int, label: str) -> int:
        return self.api.annotate(task, label)

    def skip(self, task: int) -> int:
        return self.api.annotate(task, "Positive", result=[], was_cancelled=True)

    def delete_task(self, task: int) -> None:
        self.api.delete_task(task)

    def next_task(self) -> int:
        return self.api.next_task(self.project) or 0


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


class TestMemoryLabelStudio(LabelStudioContract):
    pass
