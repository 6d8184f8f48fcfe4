"""The page of a project of each kind of labelling, learnt by its own recipe."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Annotation, Task
from labelloop.messages import WakeUp
from labelloop.pages.tables import BLOCKS
from labelloop.recipes import control_of
from labelloop.usecases.learning.train import train
from tests.builders import PROJECT, event
from tests.deps import training_deps
from tests.fakes import MemoryStore
from tests.kinds.example import Example
from tests.pages import Browser
from tests.reliability.site import build_on
from tests.tiny_images import toolbox

FOLDER = Path(__file__).parents[2] / "kinds"
KINDS = sorted({file.stem for file in FOLDER.glob("*.py")} - {"example"})
PAGE = f"/ui/projects/{PROJECT}"


def labelled(store: MemoryStore, example: Example) -> Project:
    """Store 60 labels of an example, given by two people in turns."""
    at = "2026-11-23T09:00:00.000000+00:00"
    tasks = [Task(n, at, at, data) for n, data in enumerate(example.tasks[:60], 1)]
    rows = [
        Annotation(
            id=task.id,
            task=task.id,
            created_at=f"2026-11-23T10:{task.id % 60:02d}:00.000000+00:00",
            updated_at=f"2026-11-23T10:{task.id % 60:02d}:00.000000+00:00",
            result=example.answer(task.data),
            skipped=False,
            ground_truth=False,
            annotator=1 + task.id % 2,
        )
        for task in tasks
    ]
    project = Project(store, PROJECT)
    whole = event(annotations=tuple(rows), tasks=tuple(tasks), label_config=example.config)
    project.add_event("labels", whole)
    return project


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_of_any_kind_has_its_page(kind, store, rank_queue, clock, monkeypatch):
    example = import_module(f"tests.kinds.{kind}").EXAMPLE
    project = labelled(store, example)
    deps = training_deps(store, rank_queue, clock, min_labels=10, tools=toolbox())
    train(WakeUp(PROJECT, "sweep"), deps)
    build_on(store, monkeypatch)
    browser = Browser()
    browser.log_in()

    answer = browser.get(PAGE)
    blocks = {name: json.loads(browser.get(f"{PAGE}/{name}.json").text) for name in BLOCKS}

    assert answer.status == 200
    assert [one["labels"] for one in blocks["people"]] == [30, 30]
    assert browser.get("/ui").status == 200
    if kind.startswith("order_"):
        assert "No model, by design." in answer.text
        return
    control = control_of(example.config)
    # A law of savings was fitted to projects of one choice about a text, and to no other kind.
    assert (control.law is not None) is (control.recipe == "text_choices")
    assert ("labels saved:" in answer.text) is (control.law is not None)
    measure = control.measure.title
    assert project.active().value.is_trained
    assert f"{measure.capitalize()} " in answer.text
    assert len(blocks["curve"]) == len(blocks["versions"]) == 1
    assert any(one["agreement"] is not None for one in blocks["people"])
    parts = {row["name"] for row in blocks["classes"]}
    assert set(control_of(example.config).offered) <= parts
