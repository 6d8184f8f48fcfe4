"""The status of a project."""

from labelloop.domain.folding import fold
from labelloop.project import Project
from labelloop.usecases.describe import describe
from tests.builders import PROJECT, created, deleted, event


def test_a_project_that_nothing_is_stored_for_has_zeros(store):
    status = describe(PROJECT, store)

    assert (status["version"], status["card"], status["pinned"]) == ("untrained", None, False)
    assert status["dataset"]["annotations"] == status["pending_events"] == 0


def test_labels_are_counted_as_label_studio_counts_them(store):
    project = Project(store, PROJECT)
    pointer = project.dataset_pointer()
    events = [created(1), created(2), created(3, None, skipped=True), created(4), deleted(4)]
    project.add_dataset(pointer, fold(project.dataset(pointer.value), events))
    project.add_event("waits", event())

    status = describe(PROJECT, store)

    counts = {name: status["dataset"][name] for name in ("seq", "annotations", "skipped", "tasks")}
    assert counts == {"seq": 1, "annotations": 2, "skipped": 1, "tasks": 3}
    assert status["pending_events"] == 1
    assert len(status["dataset"]["label_config_sha256"]) == 64


def test_an_event_put_aside_is_counted(store):
    project = Project(store, PROJECT)
    project.add_event("odd", event())
    (listed,) = project.pending()
    project.quarantine(listed, b"{}", "why")

    assert describe(PROJECT, store)["quarantined_events"] == 1
