"""The free edition serves tasks in the live order: connect once, and label."""

import time

from tests.e2e.conftest import DOCUMENTS
from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.waiting import differences, wait_for_push

LABELLED = 60
FIRST = 20
AT_REST_S = 20


def test_sixty_tasks_come_in_the_order_of_the_newest_version(
    new_project, studio, labelloop, documents, truth
):
    annotator = new_project("live order")
    annotator.bring([{"text": document.text} for document in documents])
    told = labelloop.cli("connect", studio.personal_token, annotator.project)
    key = told["project"]
    for _ in range(FIRST):  # nothing is learnt yet: any order will do
        shown = annotator.next_task()
        annotator.label(shown.task, truth[shown.text])
    wait_for_push(annotator, labelloop, key)

    served = []
    for count in range(LABELLED):
        shown = annotator.next_task()
        served.append(shown)
        annotator.label(shown.task, truth[shown.text])
        if count % 15 == 14:
            wait_for_push(annotator, labelloop, key)

    find(Exactly("documents imported", annotator.settings()["task_number"], "tasks", DOCUMENTS))
    in_order = sum(shown.is_ranked and shown.is_lowest for shown in served)
    find(Exactly("served with the lowest score of the active version", in_order, "tasks", LABELLED))
    versions = len({shown.version for shown in served})
    find(AtLeast("versions that the tasks were served by", versions, "versions", 3))
    lost = differences(annotator, labelloop, key)
    find(Exactly("labels in which Labelloop and the export differ", lost, "annotations", 0))


def test_connecting_twice_changes_nothing_and_leaves_nothing_to_mend(
    new_project, studio, labelloop, documents
):
    annotator = new_project("connected twice")
    annotator.bring([{"text": document.text} for document in documents[:20]])
    labelloop.cli("connect", studio.personal_token, annotator.project)

    again = labelloop.cli("connect", studio.legacy_token, annotator.project)

    changed = [step["step"] for step in again["steps"] if step["outcome"] == "done"]
    print(f"done by the second connect: {changed}")
    find(Exactly("steps that a second connect had to do", len(set(changed) - {"token"}), "", 0))
    labelloop.cli("doctor", studio.personal_token, annotator.project)


def test_nothing_is_trained_while_nobody_labels(new_project, studio, labelloop, documents, truth):
    """Our own change of the project's version is an event too: it must not bring the next one."""
    annotator = new_project("at rest")
    tasks = annotator.bring([{"text": document.text} for document in documents[:40]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for task, document in zip(tasks[:FIRST], documents, strict=False):
        annotator.label(task, document.label)
    before = wait_for_push(annotator, labelloop, key)

    time.sleep(AT_REST_S)

    trained = int(labelloop.active(key).split("-")[0]) - int(before.split("-")[0])
    find(Exactly("versions made while nobody labelled", trained, "versions", 0))
