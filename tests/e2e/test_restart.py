"""The stack ends while people label, comes back, and nothing is missing."""

from tests.e2e.report import Exactly, find
from tests.e2e.waiting import differences, wait_for, wait_for_push

TASKS, BEFORE, MEANWHILE, AFTER = 60, 12, 8, 5


def test_labels_made_while_it_was_down_are_learnt_afterwards(
    new_project, studio, labelloop, documents, truth
):
    annotator = new_project("restart")
    annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    _label(annotator, truth, BEFORE)
    wait_for_push(annotator, labelloop, key)

    labelloop.stop()
    _label(annotator, truth, MEANWHILE)  # their webhooks are lost
    labelloop.start()
    labelloop.sweep()  # first for events whose wake-up ended with the stack, then for lost ones
    wait_for(lambda: labelloop.knows(key) is not None)
    labelloop.sweep()

    find(
        Exactly(
            "labels lost by a restart", differences(annotator, labelloop, key), "annotations", 0
        )
    )
    wait_for_push(annotator, labelloop, key)
    shown = _label(annotator, truth, AFTER)
    in_order = sum(one.is_lowest and one.is_ranked for one in shown)
    find(Exactly("served in order after a restart", in_order, "tasks", AFTER))


def _label(annotator, truth, count):
    served = []
    for _ in range(count):
        served.append(annotator.next_task())
        annotator.label(served[-1].task, truth[served[-1].text])
    return served
