"""The status of a project."""

from dataclasses import replace

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import fold
from labelloop.usecases.serving.describe import describe
from tests.builders import (
    PROJECT,
    card,
    created,
    deleted,
    event,
    free_text_config,
    unreadable_config,
)


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


def stored(store, *events) -> Project:
    project = Project(store, PROJECT)
    pointer = project.dataset_pointer()
    project.add_dataset(pointer, fold(project.dataset(pointer.value), events))
    return project


def test_the_usable_labels_are_counted_and_the_others_by_reason(store):
    stored(store, created(1), created(2, "Neutral"), created(3, None))

    learning = describe(PROJECT, store)["learning"]

    assert (learning["choice"], learning["text"], learning["reason"]) == ("label", "$text", "")
    assert (learning["usable"]["annotations"], learning["usable"]["usable"]) == (3, 1)
    assert "1 submitted empty: task 3" in learning["line"]


def test_a_label_config_that_cannot_be_learnt_is_the_reason_that_there_is_no_model(store):
    unread = unreadable_config()
    stored(store, *(replace(created(i), label_config=unread) for i in range(1, 20)))

    status = describe(PROJECT, store)

    assert "is about Video 'text'" in status["learning"]["reason"]
    assert "is about Video 'text'" in status["no_model"]["reason"]
    assert not status["no_model"]["had_model"]
    assert not status["no_model"]["by_design"]


def test_where_only_the_order_is_made_that_is_so_by_design(store):
    written = [{"from_name": "answer", "to_name": "text", "value": {"text": ["a poem"]}}]
    events = (created(i, result=written) for i in range(1, 20))
    stored(store, *(replace(one, label_config=free_text_config()) for one in events))

    status = describe(PROJECT, store)

    assert (status["learning"]["choice"], status["learning"]["reason"]) == ("", "")
    assert status["learning"]["usable"]["usable"] == 19
    assert status["learning"]["others"] == ["TextArea 'answer'"]
    assert "TextArea 'answer'" in status["learning"]["order_alone"]
    assert status["no_model"]["by_design"]
    assert "ordered typical and diverse first" in status["no_model"]["reason"]


def test_the_last_training_says_why_there_is_no_model(store):
    project = stored(store, created(1))
    project.add_model(b"", card("1-aaaaaaaa"))
    why = {"why": "a model takes 10 usable labels"}
    project.switch(project.active(), ActivePointer(switch=1, dataset_seq=1), why)

    no_model = describe(PROJECT, store)["no_model"]

    assert no_model == {"reason": why["why"], "had_model": True, "by_design": False}


def test_while_a_model_is_served_there_is_no_reason_for_none(store):
    project = stored(store, created(1))
    project.switch(project.active(), ActivePointer("1-aaaaaaaa", switch=1), {"why": "trained"})

    assert describe(PROJECT, store)["no_model"] is None


def test_an_event_put_aside_is_counted(store):
    project = Project(store, PROJECT)
    project.add_event("odd", event())
    (listed,) = project.pending()
    project.quarantine(listed, b"{}", "why")

    assert describe(PROJECT, store)["quarantined_events"] == 1


def test_a_label_config_with_half_a_surrogate_pair_is_counted_like_any_other(store):
    stored(store, replace(created(1), label_config="<View>\ud83d</View>"))

    assert len(describe(PROJECT, store)["dataset"]["label_config_sha256"]) == 64
