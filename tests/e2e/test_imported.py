"""A model of another library predicts and orders in Label Studio, until it is rolled back."""

from tests.e2e.report import AtLeast, find
from tests.e2e.waiting import wait_for, wait_for_push
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
    learnt = wait_for_push(annotator, labelloop, key)
    file = tmp_path / "news.onnx"
    file.write_bytes(text_pipeline(list(truth), list(truth.values())))  # it knows every text

    labelloop.cli("model import", token, project, str(file), rights=labelloop.rights)

    imported = labelloop.active(key)
    assert imported != learnt
    wait_for(lambda: annotator.settings()["model_version"] == imported)
    suggested = [one for one in annotator.shown_predictions() if one["result"]]
    right = [one["result"][0]["value"]["choices"] == [labels[one["task"]]] for one in suggested]
    share = sum(right) / len(right)
    find(AtLeast("right suggestions of an imported model", share, "of them", 0.97))
    task = annotator.next_task()
    assert task.version == imported
    assert task.is_lowest

    labelloop.cli("rollback", token, project)

    assert labelloop.active(key) == learnt
    wait_for(lambda: annotator.settings()["model_version"] == learnt)
    task = annotator.next_task()
    assert task.version == learnt
    assert task.is_lowest
