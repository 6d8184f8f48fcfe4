"""Trimming: superseded predictions go, and annotators don't notice."""

from datetime import UTC, datetime

import pytest

from labelloop.pointers import ActivePointer
from labelloop.project import Project
from labelloop.usecases.push import Outcome
from labelloop.usecases.trim import trim
from tests.builders import label_config
from tests.fakes import MemoryLabelStudio

OLD, NEW, LATER = "1-aaaaaaaa", "2-bbbbbbbb", "3-cccccccc"


@pytest.fixture
def label_studio() -> MemoryLabelStudio:
    return MemoryLabelStudio()


@pytest.fixture
def id_(label_studio) -> int:
    made = label_studio.create_project(label_config=label_config())
    tasks = label_studio.import_tasks(made, [{"text": str(number)} for number in range(50)])
    for version in (OLD, NEW):
        rows = [{"task": task, "result": [], "model_version": version} for task in tasks]
        label_studio.add_predictions(made, rows)
    label_studio.change_project(made, model_version=NEW)
    return made


@pytest.fixture
def project(store, id_) -> Project:
    project = Project(store, f"{id_}.1")
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = label_config()
    project.add_dataset(after, dataset)
    serve(project, NEW)
    return project


def serve(project: Project, version: str) -> None:
    after = project.active()
    to = ActivePointer(version, 1, 1, switch=after.value.switch + 1)
    project.switch(after, to, {"why": "test"})


def test_while_people_label_they_are_deleted_one_by_one(project, label_studio, id_, clock):
    assert trim(project, NEW, label_studio, clock) is Outcome.TRIMMED

    assert label_studio.prediction_counts(id_) == {NEW: 50}
    assert label_studio.calls.count("delete_prediction") == 50
    assert "delete_predictions" not in label_studio.calls


def test_when_nobody_has_labelled_for_a_while_they_are_deleted_at_once(
    project, label_studio, id_, clock
):
    clock.sleep(3600)

    assert trim(project, NEW, label_studio, clock) is Outcome.TRIMMED
    assert label_studio.prediction_counts(id_) == {NEW: 50}
    assert "delete_prediction" not in label_studio.calls


def test_it_ends_in_time_and_is_gone_on_with(project, label_studio, id_, clock, monkeypatch):
    delete = label_studio.delete_prediction
    monkeypatch.setattr(
        label_studio, "delete_prediction", lambda row: (clock.sleep(0.5), delete(row))
    )

    assert trim(project, NEW, label_studio, clock) is Outcome.TRIMMING
    assert 0 < label_studio.prediction_counts(id_)[OLD] < 50
    outcomes = [trim(project, NEW, label_studio, clock) for _ in range(2)]
    assert outcomes == [Outcome.TRIMMING, Outcome.TRIMMED]
    assert label_studio.prediction_counts(id_) == {NEW: 50}


def test_it_stops_for_a_newer_version(project, label_studio, id_, clock):
    serve(project, LATER)

    assert trim(project, NEW, label_studio, clock) is Outcome.SUPERSEDED
    assert label_studio.prediction_counts(id_)[OLD] == 50


def test_the_version_that_is_shown_is_never_taken_away(project, label_studio, id_, clock):
    label_studio.change_project(id_, model_version=OLD)

    assert trim(project, NEW, label_studio, clock) is Outcome.TRIMMED
    assert label_studio.prediction_counts(id_) == {OLD: 50, NEW: 50}


def test_newer_versions_and_those_of_others_stay(project, label_studio, id_, clock):
    (task,) = label_studio.import_tasks(id_, [{"text": "x"}])
    for version in (LATER, "gpt", "2-other"):
        row = {"task": task, "result": [], "model_version": version}
        label_studio.add_predictions(id_, [row])

    trim(project, NEW, label_studio, clock)

    assert label_studio.prediction_counts(id_).keys() == {NEW, LATER, "gpt", "2-other"}


def test_a_prediction_that_somebody_else_deletes_meanwhile_is_no_error(
    project, label_studio, id_, clock, monkeypatch
):
    stale = label_studio.predictions_of(id_)
    trim(project, NEW, label_studio, clock)
    monkeypatch.setattr(label_studio, "prediction_counts", lambda _: {OLD: 50, NEW: 50})
    monkeypatch.setattr(label_studio, "predictions", lambda _: stale)

    assert trim(project, NEW, label_studio, clock) is Outcome.TRIMMED


def test_a_project_without_a_snapshot_is_at_rest(store):
    assert Project(store, "7.1").changed_at() == datetime.min.replace(tzinfo=UTC)
