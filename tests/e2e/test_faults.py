"""Whatever Label Studio answers, nothing ends in an exception that nobody handles."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from labelloop.messages import RankWakeUp
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import differences, wait_for, wait_for_push
from tests.e2e.wire import Answer, slowly

FAULTS = {
    "down": Answer(status=0),
    "401": Answer(401, b'{"detail": "Authentication credentials were not provided."}'),
    "404": Answer(404, b'{"detail": "Not found."}'),
    "429": Answer(429, b'{"detail": "Request was throttled."}'),
    "500": Answer(500, b'{"detail": "database is locked"}'),
    "HTML": Answer(200, b"<html><body>Please log in</body></html>", "text/html"),
}
SLOW_S = 35  # than the 30 s that an answer is waited for
REST_S = 31  # one that did not answer is left alone for so long


@pytest.fixture(scope="module")
def connected(new_project, studio, labelloop, documents):
    """A connected project with a version, and a label of which no event told."""
    annotator = new_project("faults")
    tasks = annotator.bring([{"text": document.text} for document in documents[:40]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for task, document in zip(tasks[:12], documents, strict=False):
        annotator.label(task, document.label)
    wait_for_push(annotator, labelloop, key)
    return annotator, key, tasks


def unhandled(labelloop, studio, project: int, key: str) -> list[str]:
    """Run all that talks to Label Studio; return the exceptions that nobody handled."""
    step = {"messageId": "1", "body": RankWakeUp(key).to_json()}
    push = {"messageId": "2", "body": RankWakeUp(key, "push", labelloop.active(key)).to_json()}
    records = {"Records": [one | {"eventSource": "aws:sqs"} for one in (step, push)]}
    with ThreadPoolExecutor(3) as at_once:
        swept = at_once.submit(labelloop.invoke, "SweepFunction", {})
        ranked = at_once.submit(labelloop.invoke, "RankFunction", records)
        examined = at_once.submit(labelloop.run, "doctor", studio.personal_token, project)
    doctor = examined.result()
    told = [swept.result(), ranked.result()]
    if "Traceback" in doctor.stderr or doctor.returncode not in (0, 1):
        told.append(doctor.stderr)
    if not doctor.returncode and not json.loads(doctor.stdout)["checks"]:
        told.append("the doctor looked at nothing")
    print(*told)
    return [one for one in told if one]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_none_is_handled(connected, labelloop, studio, to_studio, fault):
    annotator, key, _ = connected

    with to_studio.ruled(lambda method, path, body: FAULTS[fault]):
        found = unhandled(labelloop, studio, annotator.project, key)

    find(Exactly(f"unhandled exceptions, Label Studio answers: {fault}", len(found), "", 0))


def test_a_slow_label_studio_is_given_up(connected, labelloop, studio, to_studio):
    annotator, key, _ = connected

    with to_studio.ruled(slowly(SLOW_S)):
        found = unhandled(labelloop, studio, annotator.project, key)

    find(Exactly("unhandled exceptions, Label Studio answers: slow", len(found), "", 0))
    time.sleep(REST_S)


def test_after_all_of_that_the_loop_goes_on(connected, labelloop, documents):
    annotator, key, tasks = connected

    annotator.label(tasks[20], documents[20].label)
    lost = differences(annotator, labelloop, key)

    find(Exactly("differences after Label Studio's faults", lost, "annotations", 0))


def test_a_changed_label_config_and_tasks_that_went_are_handled(
    connected, labelloop, studio, documents
):
    annotator, key, tasks = connected
    config = annotator.settings()["label_config"]
    changed = config.replace("</Choices>", '<Choice value="brand new"/></Choices>')
    annotator.ask("PATCH", f"/api/projects/{annotator.project}/", json={"label_config": changed})
    annotator.delete_tasks(tasks[30:35])
    annotator.label(tasks[21], "brand new")

    wait_for_push(annotator, labelloop, key)
    found = unhandled(labelloop, studio, annotator.project, key)

    find(Exactly("unhandled exceptions, label config changed, tasks gone", len(found), "", 0))


def test_a_deleted_project_is_handled(new_project, labelloop, studio, documents):
    annotator = new_project("deleted")
    tasks = annotator.bring([{"text": document.text} for document in documents[:20]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for task, document in zip(tasks[:12], documents, strict=False):
        annotator.label(task, document.label)
    wait_for_push(annotator, labelloop, key)
    annotator.ask("DELETE", f"/api/projects/{annotator.project}/")

    found = unhandled(labelloop, studio, annotator.project, key)

    find(Exactly("unhandled exceptions, project deleted", len(found), "", 0))
    wait_for(lambda: labelloop.knows(key) is not None)
