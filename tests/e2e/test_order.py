"""The free edition serves tasks in the live order: connect once, and label."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.bench.report import Finding
from tests.e2e.conftest import DOCUMENTS
from tests.e2e.report import AtLeast, Exactly, find, note
from tests.e2e.waiting import UNTRAINED, differences, wait_for, wait_for_push

LABELLED = 60
FIRST = 20
AT_REST_S = 20
FIRST_SERVED = 5
NO_PLACE = 0.5
UNPAUSED, EVERY_S = 40, 1.0
FIRST_BY = 15  # MinLabels is 10; while the tenth is learnt people go on
SHOWN_WITHIN_S = 20.0


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


def test_an_order_is_there_before_the_first_label(new_project, studio, labelloop, documents, truth):
    annotator = new_project("cold start")
    annotator.bring([{"text": document.text} for document in documents])

    told = labelloop.cli("connect", studio.personal_token, annotator.project)

    (ranking,) = [step for step in told["steps"] if step["step"] == "ranking"]
    print(f"connect: {ranking['outcome']}, {ranking['detail']}")
    wait_for(lambda: annotator.settings()["model_version"] == UNTRAINED)
    version, scores = annotator.scores()
    places = sorted(scores.values())
    served = []
    for _ in range(FIRST_SERVED):
        shown = annotator.next_task()
        served.append(shown.is_ranked and shown.is_lowest)
        annotator.label(shown.task, truth[shown.text])  # fewer than a first model takes
    find(Exactly("tasks with a place before the first label", len(scores), "tasks", DOCUMENTS))
    find(Exactly("typical tasks served first, in their order", sum(served), "tasks", FIRST_SERVED))
    assert version == UNTRAINED
    assert places[0] < places[-1] < NO_PLACE


def test_the_newest_order_is_shown_within_seconds_while_people_label(
    new_project, studio, labelloop, documents, truth
):
    """The first version comes at ten labels, the next ones soon, and nobody ever pauses."""
    annotator = new_project("without a pause")
    annotator.bring([{"text": document.text} for document in documents])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    active: dict[str, float] = {}
    shown: dict[str, float] = {}
    labels_at: dict[str, int] = {}
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            now = time.monotonic()
            if active.setdefault(labelloop.active(key), now) == now:
                labels_at[labelloop.active(key)] = labelled
            shown.setdefault(annotator.settings()["model_version"], now)

    labelled = 0
    with ThreadPoolExecutor(1) as beside:
        watching = beside.submit(watch)
        for labelled in range(1, UNPAUSED + 1):  # noqa: B007 - told to the watch
            task = annotator.next_task()
            annotator.label(task.task, truth[task.text])
            time.sleep(EVERY_S)
        is_over.set()
        watching.result()

    waits = {one: shown[one] - active[one] for one in active if one in shown and one != UNTRAINED}
    print({one: (labels_at[one], round(wait, 1)) for one, wait in waits.items()})
    assert waits, "no version was shown"
    first = min(labels_at[one] for one in active if one != UNTRAINED)
    note(Finding("labels at which the first version came", first, "labels", FIRST_BY))
    note(Finding("from active to shown, beside people", max(waits.values()), "s", SHOWN_WITHIN_S))


def test_connecting_twice_changes_nothing_and_leaves_nothing_to_mend(
    new_project, studio, labelloop, documents
):
    annotator = new_project("connected twice")
    annotator.bring([{"text": document.text} for document in documents[:20]])
    labelloop.cli("connect", studio.personal_token, annotator.project)
    wait_for(lambda: annotator.settings()["model_version"] == UNTRAINED)

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
