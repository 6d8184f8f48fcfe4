"""The page of a project of each kind of labelling, learnt by its own recipe."""

import json
import re
from dataclasses import replace
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Annotation, Task
from labelloop.domain.judging.in_words import capitalised
from labelloop.messages import WakeUp
from labelloop.pages.tables import BLOCKS
from labelloop.recipes import control_of
from labelloop.usecases.learning.train import train
from tests.builders import PROJECT, event
from tests.deps import training_deps
from tests.fakes import Clock, MemoryQueue, MemoryStore
from tests.kinds.example import Example
from tests.pages import Browser
from tests.reliability.site import build_on
from tests.tiny_images import toolbox
from tests.unit.pages.test_links import tab_of

FOLDER = Path(__file__).parents[2] / "kinds"
STUDIO = "https://studio.example.com"
SHARED = 10  # tasks that both people label
KINDS = sorted({file.stem for file in FOLDER.glob("*.py")} - {"example"})
PAGE = f"/ui/projects/{PROJECT}"


def labelled(store: MemoryStore, example: Example, shared: int = SHARED) -> Project:
    """Store 60 labels of an example, given by two people in turns, and some that both gave."""
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
    rows += [
        replace(row, id=100 + row.id, annotator=2 - row.task % 2, lead_time=4.0)
        for row in rows[:shared]
    ]
    project = Project(store, PROJECT)
    whole = event(annotations=tuple(rows), tasks=tuple(tasks), label_config=example.config)
    project.add_event("labels", whole)
    return project


def learnt(
    kind: str, store: MemoryStore, rank_queue: MemoryQueue, clock: Clock
) -> tuple[Example, Project]:
    """Store a labelled project of a kind, and train its first version."""
    example: Example = import_module(f"tests.kinds.{kind}").EXAMPLE
    project = labelled(store, example)
    deps = training_deps(store, rank_queue, clock, min_labels=10, tools=toolbox())
    train(WakeUp(PROJECT, "sweep"), deps)
    return example, project


def links_of(browser: Browser) -> list[tuple[str, str]]:
    """Return where the page's numbers lead in Label Studio, each with the name of its list."""
    found = re.findall(rf'href="({PAGE}/tasks\?of=([a-z-]+)[^"]*)"', browser.get(PAGE).text)
    return [(name, browser.get(unescape(path)).headers["location"]) for path, name in found]


def tasks_of(link: str) -> set[int]:
    """Return the tasks of the annotations that a link to Label Studio names."""
    (condition,) = tab_of(link)["filters"]["items"]
    ids = {int(text) for text in condition["value"].split()}
    return {id_ % 100 for id_ in ids - {0}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_of_any_kind_has_its_page(kind, store, rank_queue, clock, monkeypatch):
    example, project = learnt(kind, store, rank_queue, clock)
    build_on(store, monkeypatch)
    monkeypatch.setenv("LABEL_STUDIO_URL", STUDIO)
    browser = Browser()
    browser.log_in()

    answer = browser.get(PAGE)
    blocks = {name: json.loads(browser.get(f"{PAGE}/{name}.json").text) for name in BLOCKS}

    assert answer.status == 200
    assert [one["labels"] for one in blocks["people"]] == [35, 35]
    links = links_of(browser)
    assert {"labelled", "person", "day"} <= {name for name, _ in links}
    assert all(link.startswith(f"{STUDIO}/projects/38/data?tab=") for _, link in links)
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
    assert f"{capitalised(measure)} " in answer.text
    assert len(blocks["curve"]) == len(blocks["versions"]) == 1
    assert any(one["agreement"] is not None for one in blocks["people"])
    assert [(one["with_others"], one["shared"]) for one in blocks["people"]] == [(1, 10), (1, 10)]
    parts = {row["name"] for row in blocks["classes"]}
    assert set(control_of(example.config).offered) <= parts
    by_name: dict[str, list[Any]] = {}
    for name, link in links:
        by_name.setdefault(name, []).append(link)
    counts = [len(tasks_of(link)) for link in by_name.get("class", [])]
    assert counts == [row["labels"] for row in blocks["classes"] if row["labels"]]
    counts = [len(tasks_of(link)) for link in by_name.get("confused", [])]
    assert counts == [row["tasks"] for row in blocks["confusions"]]
    assert "against-people" not in by_name  # they always agree


def test_the_same_text_with_two_labels_is_found_by_a_training(store, rank_queue, clock):
    example: Example = import_module("tests.kinds.text_choices").EXAMPLE
    tasks = [dict(data) for data in example.tasks]
    other = next(n for n in range(60) if example.answer(tasks[n]) != example.answer(tasks[0]))
    answers = {str(tasks[0]): iter((tasks[0], tasks[other]))}

    def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
        return example.answer(next(answers[str(data)]) if str(data) in answers else data)

    twice = replace(example, tasks=[tasks[0], tasks[0], *tasks[1:59]], answer=answer)
    project = labelled(store, twice, shared=0)
    deps = training_deps(store, rank_queue, clock, min_labels=10, tools=toolbox())
    train(WakeUp(PROJECT, "sweep"), deps)

    (first, *_) = project.evidence.alike(project.active_version())

    assert (first["task"], first["other"], first["likeness"]) == (1, 2, 1.0)
    assert first["label"] != first["other_label"]
