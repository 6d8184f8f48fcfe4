"""Whatever people do to labels in Label Studio, Labelloop knows the same as the export."""

import pytest

from tests.e2e.annotator import result
from tests.e2e.labelloop import exported
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import differences, wait_for, wait_for_push

TASKS, LABELLED = 40, 12


@pytest.fixture(scope="module")
def labelled(new_project, studio, labelloop, documents, truth):
    """A connected project with a dozen labels, and a version that predicts."""
    annotator = new_project("changes of mind")
    tasks = annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    made = [
        annotator.label(task, document.label)
        for task, document in zip(tasks[:LABELLED], documents, strict=False)
    ]
    wait_for_push(annotator, labelloop, key)
    return annotator, key, tasks, made


def test_an_undone_label_is_forgotten(labelled, labelloop):
    annotator, key, _, made = labelled

    annotator.undo(made[0])

    find(
        Exactly("differences after undo", differences(annotator, labelloop, key), "annotations", 0)
    )


def test_an_updated_label_is_learnt_anew(labelled, labelloop):
    annotator, key, _, made = labelled

    annotator.change(made[1], "crude")

    find(
        Exactly(
            "differences after update", differences(annotator, labelloop, key), "annotations", 0
        )
    )


def test_a_skipped_task_is_known_as_skipped(labelled, labelloop):
    annotator, key, tasks, _ = labelled

    annotator.skip(tasks[LABELLED])

    find(
        Exactly("differences after skip", differences(annotator, labelloop, key), "annotations", 0)
    )


def test_deleted_tasks_take_their_labels_with_them(labelled, labelloop):
    annotator, key, tasks, _ = labelled

    annotator.delete_tasks([tasks[2], tasks[TASKS - 1]])

    find(
        Exactly(
            "differences after delete", differences(annotator, labelloop, key), "annotations", 0
        )
    )


def test_predictions_accepted_in_bulk_are_labels(labelled, labelloop):
    annotator, key, _, _ = labelled
    wait_for_push(annotator, labelloop, key)  # or another version may come in between
    suggested = [one for one in annotator.shown_predictions() if one["result"]]
    some = [one["task"] for one in suggested[:5]]
    before = len(exported(annotator.export()))

    annotator.accept_predictions(some)

    made = len(exported(annotator.export())) - before
    find(Exactly("labels made from accepted predictions", made, "annotations", len(some)))
    different = differences(annotator, labelloop, key)
    find(Exactly("differences after bulk accept", different, "annotations", 0))


def test_labels_that_come_with_an_import_are_found(labelled, labelloop, documents):
    annotator, key, _, _ = labelled
    labelled_before = [
        {"data": {"text": document.text}, "annotations": [{"result": result(document.label)}]}
        for document in documents[TASKS : TASKS + 7]
    ]

    annotator.bring(labelled_before)  # Label Studio tells of the tasks, not of their labels
    found = exported(annotator.export())

    def swept() -> bool:
        labelloop.sweep()  # events that wait put it off
        return labelloop.knows(key) == found

    wait_for(swept)
    different = differences(annotator, labelloop, key)
    find(Exactly("differences after import with annotations", different, "annotations", 0))
