"""What Label Studio changes without saying so is found, and what is done is done on both sides."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from labelloop.domain.intake.folding import Dataset
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import differences, wait_for

LABELS = ("acq", "crude", "earn")


@pytest.fixture
def pinned(new_project, studio, labelloop):
    """Connect a project that folds what it is told, and trains nothing: that takes less time."""

    def make(title: str, texts: list[str], **settings: Any):
        annotator = new_project(title)
        if settings:
            annotator.ask("PATCH", f"/api/projects/{annotator.project}/", json=settings)
        tasks = annotator.bring([{"text": text} for text in texts])
        key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
        labelloop.cli("pin", studio.personal_token, annotator.project)
        return annotator, tasks, key

    return make


def known(labelloop, key) -> Dataset:
    wait_for(lambda: labelloop.knows(key) is not None)
    return Dataset.from_lines(labelloop.dataset(key))


def repaired(labelloop, studio, annotator, key) -> Dataset:
    """Do as `doctor` advises, and let the schedule come round."""
    labelloop.cli("repair", studio.personal_token, annotator.project)
    labelloop.sweep()
    wait_for(lambda: labelloop.is_surveyed(key))
    return known(labelloop, key)


def is_left_alone(labelloop, studio, annotator, key) -> bool:
    """Say whether another look at what agrees changes no byte of what is known."""
    before = repaired(labelloop, studio, annotator, key).to_lines()
    return repaired(labelloop, studio, annotator, key).to_lines() == before


def test_labels_of_duplicated_tasks_survive_their_removal(pinned, labelloop, studio):
    annotator, tasks, key = pinned("duplicates", ["a", "a", "b", "b", "b", "c"])
    for task in tasks:
        annotator.label(task, LABELS[task % 3])
    assert differences(annotator, labelloop, key) == 0

    annotator.act_on_all("remove_duplicates")
    assert len(annotator.export()) == 3
    repaired(labelloop, studio, annotator, key)

    different = differences(annotator, labelloop, key)
    find(Exactly("differences after Remove Duplicated Tasks", different, "annotations", 0))
    assert len(known(labelloop, key).live_annotations()) == 6
    assert is_left_alone(labelloop, studio, annotator, key)


def test_labels_that_were_renamed_and_texts_that_were_edited_are_known(pinned, labelloop, studio):
    annotator, tasks, key = pinned("renamed", [f"text {i}" for i in range(6)])
    for task in tasks:
        annotator.label(task, "acq")
    assert differences(annotator, labelloop, key) == 0

    rename = {"old_label_name": "acq", "new_label_name": "crude", "control_tag": "label"}
    annotator.act_on_all("rename_labels", **rename)
    annotator.ask("PATCH", f"/api/tasks/{tasks[0]}/", json={"data": {"text": "edited"}})
    field = {"value_name": "text", "value_type": "String", "value": "the same for all"}
    annotator.act_on("add_data_field", tasks[1:2], **field)
    dataset = repaired(labelloop, studio, annotator, key)

    different = differences(annotator, labelloop, key)
    find(Exactly("differences after Rename Labels", different, "annotations", 0))
    texts = [dataset.tasks[task].data["text"] for task in tasks[:3]]
    assert texts == ["edited", "the same for all", "text 2"]
    annotator.change(dataset.live_annotations()[0].id, "earn")
    assert differences(annotator, labelloop, key) == 0
    assert is_left_alone(labelloop, studio, annotator, key)


def test_regions_are_known_as_label_studio_has_them(pinned, labelloop, studio):
    annotator, tasks, key = pinned("regions", ["a", "b"])
    region = {
        **{"id": "r1", "from_name": "label", "to_name": "text", "type": "choices"},
        **{"value": {"choices": ["acq"]}, "origin": "prediction-changed", "score": 0.25},
        **{"meta": {"text": ["unsure"]}, "item_index": 0, "parentID": "r0", "readonly": False},
    }
    annotator.ask("POST", f"/api/tasks/{tasks[0]}/annotations/", json={"result": [region]})
    wait_for(lambda: labelloop.knows(key))

    (row,) = annotator.export()
    stored = known(labelloop, key)
    assert [one.result for one in stored.live_annotations()] == [row["annotations"][0]["result"]]
    weights = annotator.settings()["control_weights"]
    assert stored.settings["control_weights"] == weights
    assert is_left_alone(labelloop, studio, annotator, key)


def test_a_label_of_the_year_9999_can_be_corrected(pinned, labelloop, studio):
    annotator, tasks, key = pinned("year 9999", ["a", "b"])
    made = annotator.label(tasks[0], "acq")
    wait_for(lambda: labelloop.knows(key))
    row = known(labelloop, key).annotations[made]
    never = {"created_at": row.created_at, "updated_at": "9999-12-31T23:59:59-01:00"}
    result = [{**row.result[0], "value": {"choices": ["earn"]}}]
    forged = {"id": made, "task": tasks[0], "result": result} | never
    project = annotator.settings() | {"updated_at": datetime.now(UTC).isoformat()}
    task = {"id": tasks[0], "data": {"text": "a"}} | never
    task["created_at"] = known(labelloop, key).tasks[tasks[0]].created_at
    body = {"action": "ANNOTATION_UPDATED", "annotation": forged, "task": task, "project": project}
    stack = labelloop.stack
    secret = base64.b64encode(f"{stack.user}:{stack.password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{labelloop.port}/webhook"
    httpx.post(url, content=json.dumps(body), headers=headers, trust_env=False).raise_for_status()
    wait_for(lambda: known(labelloop, key).annotations[made].result == result)

    annotator.change(made, "crude")

    assert differences(annotator, labelloop, key) == 0


def test_what_label_studio_calls_labelled_is_done(pinned, labelloop, studio):
    annotator, tasks, key = pinned(
        "two annotators", [f"text {i}" for i in range(4)], maximum_annotations=2
    )
    annotator.label(tasks[0], "acq")
    annotator.skip(tasks[1])
    assert differences(annotator, labelloop, key) == 0

    dataset = known(labelloop, key)
    assert dataset.labelled_tasks() == set(tasks[:2])
    assert dataset.done_tasks() == annotator.labelled() == set()
    path = f"/api/projects/{annotator.project}/"
    annotator.ask("PATCH", path, json={"maximum_annotations": 1, "skip_queue": "IGNORE_SKIPPED"})
    annotator.skip(tasks[2])
    assert differences(annotator, labelloop, key) == 0

    done = known(labelloop, key).done_tasks()
    different = len(done ^ annotator.labelled())
    find(Exactly("tasks done on one side only", different, "", 0))
    assert {tasks[0], tasks[2]} <= done
    assert is_left_alone(labelloop, studio, annotator, key)
