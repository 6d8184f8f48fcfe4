"""The predict function in this process: a store in memory, and a model of Reuters-21578 R8."""

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from labelloop.bucket.project import Project as Stored
from labelloop.labelstudio.payloads import read_event
from labelloop.local import reuters
from labelloop.local.annotator import DemoTask, annotation_created, predict_request
from labelloop.local.emulator import ROOT
from labelloop.local.project import DemoProject, Json
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from tests.bench.timing import seconds
from tests.bench.trained import api_event
from tests.conftest import SECRET
from tests.fakes import MemoryStore
from tests.reliability.site import build_on
from tests.reliability.training import training

MADE_AT = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Site:
    """A project that is served, the artefact of its version, and texts that it has not learnt."""

    project: DemoProject
    artefact: bytes
    texts: list[str]

    def predict(self, texts: list[str]) -> Json:
        """Return the event that asks for predictions of some texts."""
        tasks = [DemoTask(number, number, text) for number, text in enumerate(texts, start=1)]
        return api_event(SECRET, "POST", "/predict", predict_request(self.project, tasks))


def served(patch: pytest.MonkeyPatch, labels: int, more: int) -> Site:
    """Train a sparse model on so many labels of R8, and have the functions serve it."""
    store, project, data = labelled(labels, more)
    train(WakeUp(project.key, "sweep"), training(store))
    build_on(store, patch)
    artefact = store.body(store.keys("model.onnx")[-1])
    return Site(project, artefact, [document.text for document in data.pool[labels:]])


def train_seconds(labels: int, rounds: int = 3) -> float:
    """Return how long it takes from one more label to the next version, gate included."""
    store, project, data = labelled(labels, rounds + 1)
    deps, found = training(store), []
    train(WakeUp(project.key, "sweep"), deps)
    for number in range(labels, labels + rounds + 1):
        add_label(store, project, data.pool[number], number + 1)
        found.append(seconds(lambda: train(WakeUp(project.key, "sweep"), deps)))
    print(f"a version of {labels:,} labels: {statistics.median(found[1:]):.2f} s")
    return statistics.median(found[1:])


def labelled(labels: int, more: int) -> tuple[MemoryStore, DemoProject, reuters.DataSet]:
    """Return a store with so many labels of R8 waiting, and the documents: `more` are left."""
    store = MemoryStore()
    data = reuters.load(ROOT / ".local" / "data", labels + more, 1)
    project = DemoProject(1, "bench", data.labels, len(data.pool), MADE_AT)
    for number, document in enumerate(data.pool[:labels], start=1):
        add_label(store, project, document, number)
    return store, project, data


def add_label(
    store: MemoryStore, project: DemoProject, document: reuters.Document, number: int
) -> None:
    """Let one label wait."""
    task = DemoTask(number, number, document.text)
    body = annotation_created(project, task, document.label, number)
    event = read_event(body, project.created_at)
    Stored(store, project.key).add_event(f"{number:06d}", event)
