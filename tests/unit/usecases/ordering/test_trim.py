"""Trimming: superseded predictions go, and annotators don't notice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import fold
from labelloop.domain.version import UNTRAINED
from labelloop.labelstudio.payloads import key_of
from labelloop.labelstudio.project import StudioProject
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.trim import TRIM_LIMITS, Trim, TrimLimits
from labelloop.usecases.prune import prune
from labelloop.usecases.prune_features import StackEncoders
from tests.builders import card, created, label_config
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
def project(store, label_studio, id_) -> Project:
    project = Project(store, key_of(label_studio.project(id_)))
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = label_config()
    project.add_dataset(after, dataset)
    for version in (OLD, NEW, LATER):
        project.add_model(b"", card(version))
    return project


def label(project: Project) -> None:
    after = project.dataset_pointer()
    project.add_dataset(after, fold(project.dataset(after.value), [created(1)]))


def trim(project, label_studio, clock, limits=TRIM_LIMITS, may_go_on=lambda: True) -> RankOutcome:
    studio = StudioProject(label_studio, project.key)
    return Trim(project, studio, clock, may_go_on, limits).run(NEW)


BOUND = 20
BOUNDED = TrimLimits(superseded=BOUND)


def test_while_people_label_deletes_wait(project, label_studio, id_, clock):
    assert trim(project, label_studio, clock) is RankOutcome.WAITING

    assert label_studio.prediction_counts(id_) == {OLD: 50, NEW: 50}


def test_of_more_than_a_bound_the_oldest_are_deleted_one_by_one_while_people_label(
    project, label_studio, id_, clock
):
    assert trim(project, label_studio, clock, BOUNDED) is RankOutcome.WAITING

    assert label_studio.prediction_counts(id_) == {OLD: BOUND, NEW: 50}
    assert label_studio.calls.count("delete_prediction") == 30
    assert "delete_predictions" not in label_studio.calls


def test_when_nobody_has_labelled_for_a_while_they_are_deleted_at_once(
    project, label_studio, id_, clock
):
    clock.sleep(3600)

    assert trim(project, label_studio, clock) is RankOutcome.TRIMMED
    assert label_studio.prediction_counts(id_) == {NEW: 50}
    assert "delete_prediction" not in label_studio.calls


@pytest.mark.parametrize("days", [1, 2], ids=["marked", "deleted"])
def test_predictions_of_a_version_that_is_pruned_go_too(project, label_studio, id_, clock, days):
    project.pool.set_ranked(NEW)
    for number in range(4, 14):
        project.add_model(b"", card(f"{number}-dddddddd"))
    active = project.active()
    project.switch(active, replace(ActivePointer(NEW, 2, 1), switch=1), {"why": "trained"})
    for _ in range(days):
        clock.sleep(100_000)
        prune(project, 10, clock(), StackEncoders())
    assert OLD not in project.versions()
    assert (project.model(OLD) is None) == (days == 2)

    assert trim(project, label_studio, clock) is RankOutcome.TRIMMED
    assert label_studio.prediction_counts(id_) == {NEW: 50}


def test_at_rest_it_ends_between_two_versions_when_somebody_labels_again(
    project, label_studio, id_, clock, monkeypatch
):
    (task, *_) = label_studio._tasks
    label_studio.add_predictions(id_, [{"task": task, "result": [], "model_version": UNTRAINED}])
    clock.sleep(3600)
    delete = label_studio.delete_predictions

    def and_somebody_labels(*asked):
        delete(*asked)
        label(project)

    monkeypatch.setattr(label_studio, "delete_predictions", and_somebody_labels)

    assert trim(project, label_studio, clock) is RankOutcome.TRIMMING
    assert label_studio.prediction_counts(id_) == {UNTRAINED: 1, NEW: 50}


def test_it_ends_in_time_and_is_gone_on_with(project, label_studio, id_, clock, monkeypatch):
    delete = label_studio.delete_prediction
    monkeypatch.setattr(
        label_studio, "delete_prediction", lambda row: (clock.sleep(0.5), delete(row))
    )

    outcomes = [trim(project, label_studio, clock, BOUNDED) for _ in range(3)]
    assert outcomes == [RankOutcome.TRIMMING, RankOutcome.WAITING, RankOutcome.WAITING]
    assert label_studio.prediction_counts(id_) == {OLD: BOUND, NEW: 50}


@pytest.mark.parametrize("rest_s", [0, 3600])
def test_it_stops_for_a_newer_order(project, label_studio, id_, clock, rest_s):
    clock.sleep(rest_s)

    assert trim(project, label_studio, clock, BOUNDED, lambda: False) is RankOutcome.SUPERSEDED
    assert label_studio.prediction_counts(id_)[OLD] == 50


def test_predictions_from_before_the_first_version_go_too(project, label_studio, id_, clock):
    (task, *_) = label_studio._tasks
    label_studio.add_predictions(id_, [{"task": task, "result": [], "model_version": UNTRAINED}])
    clock.sleep(3600)

    trim(project, label_studio, clock)

    assert label_studio.prediction_counts(id_) == {NEW: 50}


def test_what_an_older_version_was_chosen_over_goes_too(project, label_studio, id_, clock):
    (task, *_) = label_studio._tasks
    row = {"task": task, "result": [], "model_version": LATER}
    label_studio.add_predictions(id_, [row])
    clock.sleep(3600)

    trim(project, label_studio, clock)

    assert label_studio.prediction_counts(id_) == {NEW: 50}


def test_the_version_that_is_shown_is_never_taken_away(project, label_studio, id_, clock):
    label_studio.change_project(id_, model_version=OLD)
    clock.sleep(3600)

    assert trim(project, label_studio, clock) is RankOutcome.TRIMMED
    assert label_studio.prediction_counts(id_) == {OLD: 50, NEW: 50}


def test_versions_of_others_stay(project, label_studio, id_, clock):
    (task,) = label_studio.import_tasks(id_, [{"text": "x"}])
    for version in ("gpt", "2-other", "1-deadbeef", "20261123-0123abcd"):
        row = {"task": task, "result": [], "model_version": version}
        label_studio.add_predictions(id_, [row])
    clock.sleep(3600)

    trim(project, label_studio, clock)

    assert label_studio.prediction_counts(id_).keys() == {
        *(NEW, "gpt", "2-other", "1-deadbeef", "20261123-0123abcd")
    }


def test_a_prediction_that_somebody_else_deletes_meanwhile_is_no_error(
    project, label_studio, id_, clock, monkeypatch
):
    stale = label_studio.predictions_of(id_)
    label_studio.delete_predictions(id_, OLD)
    monkeypatch.setattr(label_studio, "prediction_counts", lambda _: {OLD: 50, NEW: 50})
    monkeypatch.setattr(label_studio, "predictions", lambda _: stale)

    assert trim(project, label_studio, clock, BOUNDED) is RankOutcome.WAITING


def test_a_project_without_a_snapshot_is_at_rest(store):
    assert Project(store, "7.1").changed_at() == datetime.min.replace(tzinfo=UTC)
