"""A model of another library predicts and orders in Label Studio, until it is rolled back."""

from tests.e2e.annotator import Annotator
from tests.e2e.report import AtLeast, find
from tests.e2e.waiting import UNTRAINED, wait_for, wait_for_push
from tests.onnx_models import text_pipeline

LABELLED = 30


def test_an_imported_model_is_served_and_ordered_by_until_it_is_rolled_back(
    new_project, studio, labelloop, documents, truth, tmp_path
):
    annotator = new_project("a model of another library")
    ids = annotator.bring([{"text": document.text} for document in documents])
    labels = dict(zip(ids, (truth[document.text] for document in documents), strict=True))
    token, project = studio.personal_token, annotator.project
    key = labelloop.cli("connect", token, project)["project"]
    for _ in range(LABELLED):
        task = annotator.next_task()
        annotator.label(task.task, truth[task.text])
    wait_for_push(annotator, labelloop, key)
    file = tmp_path / "news.onnx"
    file.write_bytes(text_pipeline(list(truth), list(truth.values())))  # it knows every text

    done = labelloop.cli("model import", token, project, str(file), rights=labelloop.rights)

    imported = done["version"]
    assert labelloop.active(key) == imported
    wait_for(lambda: annotator.settings()["model_version"] == imported)
    suggested = [one for one in annotator.shown_predictions() if one["result"]]
    right = [one["result"][0]["value"]["choices"] == [labels[one["task"]]] for one in suggested]
    share = sum(right) / len(right)
    find(AtLeast("right suggestions of an imported model", share, "of them", 0.97))
    wait_for(lambda: in_order_of(imported, annotator))

    labelloop.cli("rollback", token, project)

    learnt = labelloop.active(key)
    assert learnt not in {imported, UNTRAINED}
    wait_for(lambda: annotator.settings()["model_version"] == learnt)
    labelloop.cli("pin", token, project)  # so that the next label brings no other version
    held = annotator.next_task()  # Label Studio serves the task that a person holds again first
    annotator.label(held.task, truth[held.text])
    wait_for(lambda: in_order_of(learnt, annotator))  # its order is pushed anew meanwhile


def in_order_of(version: str, annotator: Annotator) -> bool:
    task = annotator.next_task()
    return task.version == version and task.is_ranked and task.is_lowest
