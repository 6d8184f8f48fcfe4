"""A large project: ten thousand tasks in order within a minute, beside a SQLite Label Studio."""

import time

from tests.bench.report import Finding
from tests.e2e.report import Exactly, find, note
from tests.e2e.waiting import UNTRAINED, wait_for

TASKS, LABELS, WITHIN_S = 10_000, 20, 60.0


def test_ten_thousand_tasks_are_ranked_and_pushed(new_project, studio, labelloop, many_documents):
    annotator = new_project("ten thousand")
    tasks = annotator.bring(
        [
            {"text": f"{number}. {many_documents[number % len(many_documents)].text[:100]}"}
            for number in range(TASKS)
        ]
    )
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    # The order before the first label: by then all texts are encoded.
    wait_for(lambda: annotator.settings()["model_version"] == UNTRAINED, 400)
    for task, document in zip(tasks[:LABELS], many_documents, strict=False):
        annotator.label(task, document.label)

    version = wait_for(lambda: trained_on_all(labelloop, key), 300)
    started = time.monotonic()
    wait_for(lambda: annotator.settings()["model_version"] == version)
    seconds = time.monotonic() - started

    counts = annotator.ask("GET", f"/api/projects/{annotator.project}/model-versions/")
    left = TASKS - LABELS
    find(Exactly("predictions pushed of ten thousand tasks", counts[version], "tasks", left))
    note(Finding("ten thousand tasks ranked and pushed", round(seconds, 1), "s", WITHIN_S))


def trained_on_all(labelloop, key: str) -> str | None:
    is_newest = labelloop.knows(key) is not None and labelloop.has_learnt(key)
    version = labelloop.active(key)
    return version if is_newest and version != UNTRAINED else None
