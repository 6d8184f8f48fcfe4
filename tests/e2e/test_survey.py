"""Tasks that no webhook told of, imports too large for one, another project of the same id."""

import pytest

from labelloop.local.emulator import claim_port
from tests.e2e.annotator import Annotator, result
from tests.e2e.label_studio import label_studio
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import wait_for, wait_for_push
from tests.e2e.wire import Answer

TASKS, LABELLED, LOST = 30, 12, 20
LETTERS = 330_000  # of each of 20 texts: more than the 6 MB that Lambda takes


@pytest.fixture(scope="module")
def connected(new_project, studio, labelloop, documents):
    """A connected project with a version. Its token is one of any Label Studio here."""
    annotator = new_project("surveyed")
    tasks = annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.legacy_token, annotator.project)["project"]
    for task, document in zip(tasks[:LABELLED], documents, strict=False):
        annotator.label(task, document.label)
    wait_for_push(annotator, labelloop, key)
    return annotator, key


def known_tasks(labelloop, studio, annotator) -> int | None:
    status = labelloop.cli("status", studio.legacy_token, annotator.project)
    tasks: int | None = status["pool"]["tasks"]
    return tasks


def missing_after_a_sweep(labelloop, studio, annotator) -> int:
    """Return how many tasks are not known once swept."""

    def swept() -> bool:
        labelloop.sweep()
        return known_tasks(labelloop, studio, annotator) == annotator.settings()["task_number"]

    wait_for(swept)
    return annotator.settings()["task_number"] - (known_tasks(labelloop, studio, annotator) or 0)


def test_tasks_that_came_while_the_webhook_was_off_are_ranked(
    connected, labelloop, studio, to_labelloop, documents
):
    annotator, _ = connected
    texts = [{"text": document.text} for document in documents[TASKS : TASKS + LOST]]

    def off(method: str, path: str, body: bytes) -> Answer | None:
        return Answer(status=0) if path.endswith("/webhook") else None

    with to_labelloop.ruled(off):
        made = annotator.bring(texts)
    assert known_tasks(labelloop, studio, annotator) == TASKS

    missing = missing_after_a_sweep(labelloop, studio, annotator)

    find(Exactly("tasks not known after an import without a webhook", missing, "tasks", 0))
    wait_for(lambda: set(made) <= annotator.scores()[1].keys())


def test_an_import_too_large_for_the_webhook_is_fetched(connected, labelloop, studio):
    annotator, _ = connected
    annotator.bring([{"text": f"{number} " + "word " * (LETTERS // 5)} for number in range(20)])

    missing = missing_after_a_sweep(labelloop, studio, annotator)

    find(Exactly("tasks not known after an import over 6 MB", missing, "tasks", 0))


def test_another_label_studio_with_the_same_ids_overwrites_nothing(
    connected, labelloop, studio, to_studio, tmp_path_factory, truth
):
    annotator, key = connected
    wait_for(lambda: labelloop.knows(key) is not None)
    before, folder = labelloop.dataset(key), tmp_path_factory.mktemp("second") / "label-studio"
    with label_studio(folder, claim_port(0, "another Label Studio", "")) as second:
        other = Annotator(second, "another", sorted(set(truth.values())))
        while other.project < annotator.project:
            other.close()
            other = Annotator(second, "another", sorted(set(truth.values())))
        other.bring([{"data": {"text": "x"}, "annotations": [{"result": result("crude")}]}])
        with to_studio.leading_to(second.url):
            labelloop.sweep()
            status = labelloop.cli("status", second.legacy_token, key)
        is_same = other.project == annotator.project
        other.close()

    wrong = (before != labelloop.dataset(key)) + (not is_same)
    find(Exactly("another Label Studio: projects overwritten", wrong, "", 0))
    assert "another one by now" in status["archived"]["reason"]
    labelloop.cli("rank", studio.legacy_token, annotator.project)
    wait_for(lambda: labelloop.cli("status", studio.legacy_token, key)["archived"] is None)
