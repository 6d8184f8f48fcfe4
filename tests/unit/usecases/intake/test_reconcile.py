"""Reconciling: what no event told is learnt from Label Studio's export."""

import random
from dataclasses import replace
from datetime import datetime

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import fold
from labelloop.labelstudio.payloads import read_export
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import label_config
from tests.fakes import MemoryLabelStudio


@pytest.fixture
def label_studio() -> MemoryLabelStudio:
    return MemoryLabelStudio(page_size=2)


@pytest.fixture
def id_(label_studio) -> int:
    return label_studio.create_project(label_config=label_config())


@pytest.fixture
def project(store, label_studio, id_) -> Project:
    created = datetime.fromisoformat(label_studio.project(id_)["created_at"])
    project = Project(store, f"{id_}.{int(created.timestamp())}")
    project.set_ordered()  # something is stored, so that the sweep finds the project
    return project


@pytest.fixture
def deps(sweep_deps, label_studio) -> SweepDeps:
    return replace(sweep_deps, label_studio=lambda: label_studio)


def fold_pending(project: Project) -> None:
    """Do the trainer's part of the loop."""
    pending = project.pending()
    after = project.dataset_pointer()
    events = [Event.from_json(project.read(one) or b"") for one in pending]
    project.add_dataset(after, fold(project.dataset(after.value), events))
    project.forget(pending)


def labelled(project: Project) -> dict[int, str]:
    dataset = project.dataset(project.dataset_pointer().value)
    return {
        a.id: a.result[0]["value"]["choices"][0]
        for a in dataset.live_annotations()
        if not a.skipped
    }


def test_imported_annotations_are_learnt(deps, project, label_studio, id_, queue):
    tasks = label_studio.import_tasks(id_, [{"text": str(i)} for i in range(5)])
    made = {label_studio.annotate(task, "Positive"): "Positive" for task in tasks}

    sweep(deps)
    assert queue
    fold_pending(project)

    assert labelled(project) == made


def test_a_project_that_agrees_is_not_exported(deps, project, label_studio, id_):
    (task,) = label_studio.import_tasks(id_, [{"text": "a"}])
    label_studio.annotate(task, "Positive")
    sweep(deps)
    fold_pending(project)
    label_studio.calls.clear()

    sweep(deps)

    assert "tasks_after" not in label_studio.calls


def test_a_deletion_that_no_event_told_is_learnt(deps, project, label_studio, id_):
    tasks = label_studio.import_tasks(id_, [{"text": str(i)} for i in range(3)])
    first, *others = (label_studio.annotate(task, "Positive") for task in tasks)
    sweep(deps)
    fold_pending(project)
    label_studio.delete_annotation(first)

    sweep(deps)
    fold_pending(project)

    assert set(labelled(project)) == set(others)


def test_the_deletion_of_a_skip_that_no_event_told_is_learnt(deps, project, label_studio, id_):
    first, second = label_studio.import_tasks(id_, [{"text": str(i)} for i in range(2)])
    skip = label_studio.annotate(first, "Positive", was_cancelled=True)
    sweep(deps)
    fold_pending(project)
    label_studio.delete_annotation(skip)
    kept = label_studio.annotate(second, "Positive")

    sweep(deps)
    fold_pending(project)

    dataset = project.dataset(project.dataset_pointer().value)
    assert [one.id for one in dataset.live_annotations()] == [kept]


def test_nothing_is_exported_while_events_wait(deps, project, label_studio, id_):
    (task,) = label_studio.import_tasks(id_, [{"text": "a"}])
    label_studio.annotate(task, "Positive")
    sweep(deps)
    label_studio.calls.clear()

    sweep(deps)

    assert "tasks_after" not in label_studio.calls


def test_a_difference_that_an_export_does_not_mend_is_exported_once(
    deps, project, label_studio, id_, monkeypatch
):
    real = label_studio.project
    monkeypatch.setattr(
        label_studio, "project", lambda i, *x: real(i, *x) | {"total_annotations_number": 9}
    )
    for _ in range(4):
        sweep(deps)
        if project.has_pending():
            fold_pending(project)
    exports = label_studio.calls.count("tasks_after")

    sweep(deps)

    assert label_studio.calls.count("tasks_after") == exports


@pytest.mark.parametrize("trouble", ["down", "denied"])
def test_a_label_studio_in_trouble_is_told_and_stops_nothing_else(
    deps, project, label_studio, trouble, monkeypatch, queue
):
    counted: list[str] = []
    monkeypatch.setattr("labelloop.usecases.sweep.count", lambda one, *_: counted.append(one))
    project.add_event("a", read_export(project.key, [], deps.clock(), label_config()))
    fold_pending(project)
    setattr(label_studio, trouble, True)

    sweep(deps)

    told = {"down": "LabelStudioNotReconciled", "denied": "LabelStudioDenied"}[trouble]
    assert counted == [told]
    assert queue


@pytest.mark.parametrize("seed", range(30))
def test_whatever_was_lost_reconciling_ends_in_what_label_studio_has(
    deps, project, label_studio, id_, seed, clock
):
    rng = random.Random(seed)
    tasks = label_studio.import_tasks(id_, [{"text": str(i)} for i in range(6)])
    made: dict[int, str] = {}
    for _ in range(12):
        if made and rng.random() < 0.3:
            gone = rng.choice(list(made))
            label_studio.delete_annotation(gone)
            del made[gone]
        else:
            label = rng.choice(["Positive", "Negative"])
            made[label_studio.annotate(rng.choice(tasks), label)] = label
        if rng.random() < 0.3:
            sweep(deps)
            fold_pending(project)
        clock.sleep(60)
    for _ in range(2):
        sweep(deps)
        if project.has_pending():
            fold_pending(project)

    clock.sleep(86_400)
    sweep(deps)
    fold_pending(project)

    assert labelled(project) == made
