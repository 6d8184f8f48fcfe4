"""Label configs as people write them: what the page shows is learnt, or it is said why not."""

from collections.abc import Callable
from typing import Any

import pytest

from labelloop.recipes import control_of
from tests.e2e.annotator import Annotator
from tests.e2e.report import Exactly, find
from tests.e2e.test_browser import _log_in, browser
from tests.e2e.waiting import UNTRAINED, wait_for, wait_for_push

TASKS, LABELLED = 24, 12
LOWER_CASE = (
    '<view><text name="text" value="Review: $text"/><choices name="label" toName="text">'
    '<choice value="Takeovers" alias="acq"/><choice value="Earnings" alias="earn"/></choices>'
    '<rating name="stars" toName="text"/></view>'
)
WITHIN = (
    '<View><Text name="text" value="$article.body"/>'
    '<Choices name="label" toName="text" allowNested="true"><Choice value="Money">'
    '<Choice value="acq"/><Choice value="earn"/></Choice><Choice value="Other"/></Choices></View>'
)
PLACE = (
    '<View><Text name="text" value="$texts[1]"/><Choices name="label" toName="text">'
    '<Choice value="acq"/><Choice value="earn"/></Choices></View>'
)
SINGLE = PLACE.replace("$texts[1]", " $text ")
UNREAD = SINGLE.replace("<Text", "<Video")
VALUES = {"acq": "Takeovers", "earn": "Earnings"}

type Of = Callable[[str], Any]


@pytest.mark.parametrize(
    ("config", "data", "choices"),
    [
        (LOWER_CASE, lambda text: {"text": text}, lambda label: [VALUES[label]]),
        (WITHIN, lambda text: {"article": {"body": text}}, lambda label: [["Money", label]]),
        (PLACE, lambda text: {"texts": ["first", text]}, lambda label: label),
    ],
    ids=["template", "nested", "place"],
)
def test_a_label_config_is_read_as_its_page_shows_it(
    config: str, data: Of, choices: Of, new_project, studio, labelloop, documents, truth, tmp_path
):
    of_two = [one for one in documents if one.label in VALUES][:TASKS]
    annotator: Annotator = new_project(f"config {config[:30]}")
    annotator.ask("PATCH", f"/api/projects/{annotator.project}/", json={"label_config": config})
    tasks = annotator.bring([{"data": data(one.text)} for one in of_two])

    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for task, document in zip(tasks[:LABELLED], of_two, strict=False):
        give(annotator, task, choices(document.label))
    wait_for_push(annotator, labelloop, key)

    status = labelloop.cli("status", studio.personal_token, annotator.project)
    usable, shown = status["learning"]["usable"], annotator.shown_predictions()
    input_ = control_of(config).input_of(data(of_two[-1].text))
    read = str(input_[0] if isinstance(input_, list) else input_)  # several controls read one text
    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        page.goto(f"{studio.url}/projects/{annotator.project}/data?task={tasks[-1]}")
        begins = read.strip().splitlines()[0][:30].strip()
        page.get_by_text(begins).locator("visible=true").first.wait_for(timeout=30_000)
    find(Exactly("annotations that are usable", usable["usable"], f"of {LABELLED}", LABELLED))
    find(Exactly("annotations that are left out", len(usable["left_out"]), "", 0))
    find(Exactly("tasks in order", len(shown), "", TASKS - LABELLED))


def give(annotator: Annotator, task: int, choices: Any) -> None:
    """Label a task by exactly these choices, as an import of labels or the page may write them."""
    region = {"from_name": "label", "to_name": "text", "type": "choices"}
    body = {"result": [region | {"value": {"choices": choices}}], "lead_time": 1.5}
    annotator.ask("POST", f"/api/tasks/{task}/annotations/", json=body)


def test_a_config_that_cannot_be_learnt_says_so_and_is_learnt_once_it_can(
    new_project, studio, labelloop, documents
):
    of_two = [one for one in documents if one.label in VALUES][:TASKS]
    annotator: Annotator = new_project("choices about a video")
    where, token = f"/api/projects/{annotator.project}/", studio.personal_token
    annotator.ask("PATCH", where, json={"label_config": UNREAD})
    tasks = annotator.bring([{"text": one.text} for one in of_two])

    connected = labelloop.cli("connect", token, annotator.project)
    for task, document in zip(tasks[:LABELLED], of_two, strict=False):
        annotator.label(task, document.label)
    wait_for(lambda: len(labelloop.knows(connected["project"]) or ()) == LABELLED)
    wait_for(lambda: labelloop.cli("status", token, annotator.project)["learning"]["reason"] != "")
    status = labelloop.cli("status", token, annotator.project)
    examined = labelloop.run("doctor", token, annotator.project)

    (step,) = [one for one in connected["steps"] if one["step"] == "label config"]
    assert step["outcome"] == "warning"
    assert "is about Video" in step["detail"]
    assert "is about Video" in status["no_model"]["reason"]
    assert examined.returncode == 1
    assert "is about Video" in examined.stdout

    annotator.ask("PATCH", where, json={"label_config": SINGLE})

    version = wait_for(lambda: (now := labelloop.active(connected["project"])) != UNTRAINED and now)
    assert version
