"""A Label Studio that AWS can't reach gets the deployment's order, by `rank --watch` beside it."""

from labelloop.domain.ordering.random_share import are_random
from tests.e2e.labelloop import Labelloop
from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.waiting import UNTRAINED, wait_for, wait_for_push

TASKS, LABELLED, THEN = 60, 14, 6


def test_what_is_pushed_from_beside_label_studio_is_the_deployments_order(
    new_project, studio, documents, truth, tmp_path
):
    annotator = new_project("out of reach")
    annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    labelloop = Labelloop(tmp_path / "stack", studio.url, names_it=False)
    labelloop.start()
    try:
        token = studio.personal_token
        key = labelloop.cli("connect", token, annotator.project, "--no-token")["project"]
        with labelloop.watching(token, annotator.project):
            wait_for(lambda: annotator.settings()["model_version"] == UNTRAINED)
            first = annotator.next_task()
            for _ in range(LABELLED):
                shown = annotator.next_task()
                annotator.label(shown.task, truth[shown.text])
            wait_for_push(annotator, labelloop, key)
            served = []
            for _ in range(THEN):
                shown = annotator.next_task()
                served.append(shown)
                annotator.label(shown.task, truth[shown.text])
            wait_for_push(annotator, labelloop, key)
            order = labelloop.order(key)
            pushed = {one["task"]: one for one in annotator.shown_predictions()}
    finally:
        labelloop.stop()

    find(Exactly("order before the first label, pushed from beside", int(first.is_lowest), "", 1))
    in_order = sum(shown.is_ranked and shown.is_lowest for shown in served)
    find(Exactly("served with the lowest score, pushed from beside", in_order, "tasks", THEN))
    both = [one for one in order if one.task in pushed]
    find(AtLeast("places that were pushed from beside", len(both), "tasks", TASKS // 2))
    same = sum(
        (one.score, bool(one.result))
        == (pushed[one.task]["score"], bool(pushed[one.task]["result"]))
        for one in both
    )
    find(Exactly("places that differ from the deployment's", len(both) - same, "tasks", 0))
    random = sum(are_random(list(pushed), key))
    find(AtLeast("tasks of the random share among them", int(random), "tasks", 1))
