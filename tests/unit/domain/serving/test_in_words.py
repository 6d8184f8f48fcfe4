"""A project's status in words."""

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import fold
from labelloop.domain.serving.in_words import chosen_options, no_model_of, problems, waiting_of
from labelloop.usecases.serving.describe import describe
from tests.builders import PROJECT, card, created, event, unreadable_config
from tests.pages import failing, trained


def test_a_project_that_is_well_has_no_problem(store):
    trained(store)

    assert list(problems(describe(PROJECT, store))) == []


def test_an_encoder_that_tells_next_to_nothing_is_one(store):
    little = {"log_loss": 0.0, "error": 0.01, "hits": 0.0, "without": 0.5, "rows": 150}
    project = Project(store, PROJECT)
    project.add_model(b"", card("7-aaaaaaaa", encoder="minilm-1", facts={"vectors_add": little}))
    project.switch(project.active(), ActivePointer("7-aaaaaaaa", 7), {"why": "test"})
    stored(store, created(1, "Positive"))

    status = describe(PROJECT, store)

    assert any("labelloop encoder add" in fix for _, fix in problems(status))
    assert any("minilm tells next to nothing" in line for line in status["told"])


def test_each_problem_has_its_fix_and_the_worst_comes_first(store):
    failing(store, "MemoryError")

    found = list(problems(describe(PROJECT, store)))

    assert [why.partition(" ")[0] for why, _ in found] == ["nothing", "training", "9-0000000a", "1"]
    assert all(fix for _, fix in found)


def stored(store, *events) -> None:
    project = Project(store, PROJECT)
    pointer = project.dataset_pointer()
    project.add_dataset(pointer, fold(project.dataset(pointer.value), events))


def test_labels_that_cannot_be_learnt_are_one(store):
    stored(store, created(1, "Neutral"))

    ((why, fix),) = problems(describe(PROJECT, store))

    assert "0 of 1 annotations are usable" in why
    assert "put those choices back" in fix


def test_trainings_that_wait_for_images_need_no_memory(store):
    failing(store, "fewer than 10 labels: 3 images or texts are out of reach (timed out)")

    fixes = {why.partition(" ")[0]: fix for why, fix in problems(describe(PROJECT, store))}

    assert "memory" not in fixes["training"]
    assert "labelloop doctor" in fixes["training"]


def test_a_label_config_that_cannot_be_learnt_is_one(store):
    stored(store, event(label_config=unreadable_config()))

    ((why, fix),) = problems(describe(PROJECT, store))

    assert why.startswith("nothing is learnt: ")
    assert "Labeling Interface" in fix


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"by_design": True, "had_model": False}, "no model, by design"),
        ({"by_design": False, "had_model": True}, "no model any more"),
        ({"had_model": False}, "no model yet"),  # as a backend of an earlier release says it
    ],
)
def test_why_there_is_no_model(missing, said):
    assert no_model_of(missing | {"reason": "label_config: so"}) == (said, "so")


def test_only_what_a_person_chose_is_an_option():
    options = {"strategy": "entropy", "delete_predictions": None, "revision": 3}

    assert chosen_options(options) == "strategy = entropy"


def test_what_waits_are_events_and_labels_that_no_training_has_learnt():
    status = {
        "version": "1-a",
        "pending_events": 0,
        "card": {"labels": 30},
        "trained_on": 4,
        "dataset": {"seq": 4},
        "learning": {"usable": {"usable": 41}},
    }

    assert waiting_of(status) == "0 events, not learnt yet"
    behind = status | {"dataset": {"seq": 5}}
    assert waiting_of(behind) == "0 events, not learnt yet; 11 labels more than 1-a has learnt"
    changed = behind | {"card": {"labels": 41}, "pending_events": 1}
    assert waiting_of(changed).startswith("1 event, not learnt yet; labels changed since")
