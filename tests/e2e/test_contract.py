"""The suite of `tests/contract/label_studio.py`, on Label Studio itself."""

from collections.abc import Iterable, Iterator

import pytest

from labelloop.adapters.label_studio_api import LabelStudioApi
from tests.builders import LABELS
from tests.contract.label_studio import LabelStudioContract
from tests.e2e.annotator import Annotator


class RealWorld:
    def __init__(self, annotator: Annotator, api: LabelStudioApi) -> None:
        self.api = api
        self.project = annotator.project
        self._annotator = annotator

    def import_tasks(self, texts: Iterable[str]) -> list[int]:
        return self._annotator.bring([{"text": text} for text in texts])

    def annotate(self, task: int, label: str) -> int:
        return self._annotator.label(task, label)

    def skip(self, task: int) -> int:
        return self._annotator.skip(task)

    def delete_task(self, task: int) -> None:
        self._annotator.delete_tasks([task])

    def next_task(self) -> int:
        path = f"/api/projects/{self.project}/next"
        return int(self._annotator.ask("GET", path)["id"])


@pytest.fixture(params=["legacy", "personal"])
def world(studio, request) -> Iterator[RealWorld]:
    token = studio.legacy_token if request.param == "legacy" else studio.personal_token
    annotator = Annotator(studio, f"contract, {request.param} token", LABELS)
    yield RealWorld(annotator, LabelStudioApi(studio.url, lambda: token))
    annotator.close()


class TestRealLabelStudio(LabelStudioContract):
    pass
