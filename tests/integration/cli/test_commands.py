"""Versions, backfill, rank: what each command does, its JSON, and how it fails."""

import gzip
import json
import os

import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.bucket.evidence import EvidenceFiles, Rejection
from labelloop.bucket.project import Project
from labelloop.cli.app import app
from labelloop.cli.backend import MOST_ESCAPED_BYTES, Backend
from labelloop.cli.backfill import chunks
from labelloop.cli.export_file import MOST_BYTES
from labelloop.errors import TooLarge, Unavailable
from labelloop.labelstudio.payloads import MOST_BODY_BYTES
from labelloop.usecases.serving.list_history import MOST_VERSIONS
from tests.builders import card, unreadable_config

AT = "2026-11-23T09:00:00Z"


def exported(id_: int, text: str = "A text") -> dict[str, object]:
    annotation = {"id": id_, "created_at": AT, "updated_at": AT, "result": [], "draft_id": 7}
    task = {"id": id_, "created_at": AT, "updated_at": AT, "data": {"text": text}, "meta": {}}
    return task | {"annotations": [annotation], "predictions": [1]}


def test_the_status_is_told(world):
    version = world.publish()

    assert world.told("status")["version"] == version
    assert version in world.run("status").output


def test_the_status_tells_what_was_refused_and_what_to_do(world):
    version, evidence = world.publish(), EvidenceFiles(bootstrap.store(), world.key)
    refused = Rejection(version, "2-bbbbbbbb", "worse on 40 labels", "2026", "2026-11-23")
    evidence.set_rejection(evidence.rejection(version), refused)

    output = world.run("status").output

    assert "2-bbbbbbbb was not served: worse on 40 labels" in output
    assert "labelloop activate 2-bbbbbbbb" in output


def test_the_status_tells_what_the_labels_are_worth(labelled):
    labelled.run("backfill")
    for task in labelled.studio.import_tasks(
        labelled.project, [{"text": f"{'good' if i % 2 else 'bad'} {i}"} for i in range(100)]
    ):
        labelled.studio.annotate(task, ("Positive", "Negative")[task % 2])
    labelled.run("backfill")
    labelled.fold()

    output = labelled.run("status").output

    assert "104 of 104 annotations are usable" in output
    assert "go on labelling: the next" in output
    assert "accuracy: " in output


def test_labels_in_doubt_are_shown(world):
    version = world.publish()
    row = {"task": 7, "label": "[b]", "suggested": ["Not é"], "doubt": 0.9, "why": "so"}
    key = f"projects/{world.key}/models/{version}/doubts.json"
    assert "no label in doubt" in world.run("doubts").output
    bootstrap.store().create(key, json.dumps([row]).encode())

    assert world.told("doubts") == {"version": version, "doubts": [row]}
    output = world.run("doubts").output
    assert all(text in output for text in ("7", "[b]", '["Not é"]', "90%", "so"))


def test_the_versions_are_listed_newest_first(world):
    names = [world.publish(1), world.publish(2)]

    told = world.told("versions")

    assert (told["versions"], told["active"]) == (names[::-1], names[1])
    assert [row["outcome"] for row in told["history"]] == ["active", "served before"]


def test_the_versions_are_told_with_what_they_were_worth(world):
    world.publish(1)
    project = Project(bootstrap.store(), world.key)
    share = {"value": 0.9, "low": 0.81, "high": 0.95, "rows": 50}
    refused = card(
        "2-bbbbbbbb",
        trained_at="2026-11-23T12:00:00+00:00",
        labels=60,
        gate={"switches": False, "reason": "worse on 40 labels"},
        insights={"random_share": share},
    )
    project.add_model(b"", refused)

    output = world.run("versions", COLUMNS="200").output

    parts = "2-bbbbbbbb", "2026-11-23 12:00", "60", "90% (81% to 95%)", "refused", "worse on 40"
    assert all(part in output for part in parts)


def test_of_many_versions_the_newest_are_listed_and_the_others_counted(world):
    names = [world.publish(seq) for seq in range(1, MOST_VERSIONS + 2)]

    told = world.told("versions")

    assert (told["versions"], told["older"]) == (names[:0:-1], 1)
    assert "and 1 older" in world.run("versions").output


def test_the_status_tells_why_there_is_no_model(labelled):
    labelled.told("backfill")
    labelled.fold()

    output = labelled.run("status").output

    assert "learns" in output
    assert "'label' about $text" in output
    assert "4 of 4 annotations are usable" in output
    assert "no model yet: a model takes 10 usable labels of 2 classes or more" in output
    assert "there are 4 labels of 2 classes" in output


def test_the_status_tells_that_nothing_can_be_learnt(labelled):
    labelled.studio.change_project(labelled.project, label_config=unreadable_config())
    labelled.told("backfill")
    labelled.fold()

    output = labelled.run("status").output

    assert "nothing is learnt: Choices 'label' is about Video 'text'" in output
    assert "Settings > Labeling Interface" in output


def test_a_project_without_versions_has_none(world):
    assert world.told("versions")["versions"] == []


def test_a_version_is_activated_once(world):
    first, _ = world.publish(1), world.publish(2)

    assert world.told("activate", first)["changed"] is True
    assert world.told("activate", first)["changed"] is False


def test_rolling_back_goes_one_version_back_each_time(world):
    first, second, third = world.publish(1), world.publish(2), world.publish(3)

    told = world.told("rollback")

    assert (told["version"], told["instead_of"]) == (second, third)
    assert world.told("rollback")["version"] == first
    assert "no version before" in world.told("rollback", exit_code=1)["error"]


def test_rolling_back_a_pinned_project_promises_no_newer_version(world):
    for seq in (1, 2, 3):
        world.publish(seq)
    assert "newer labels will bring a newer version" in world.run("rollback").output
    world.told("pin")

    output = world.run("rollback").output

    assert "will bring" not in output
    assert "pinned, so it stays" in output


def test_a_version_that_is_unknown_is_named_the_command_that_lists_them(world):
    world.publish()

    error = world.told("activate", "9-aaaaaaaa", exit_code=1)["error"]

    assert "`labelloop versions`" in error
    assert "/versions" not in error


def test_a_version_is_pinned_and_let_go(world):
    world.publish()

    assert world.told("pin") == {"project": world.key, "changed": True}
    assert world.told("status")["pinned"]
    assert "(pinned)" in world.run("status").output
    assert world.told("unpin")["changed"] is True


@pytest.mark.parametrize("name", ["train", "rank"])
def test_work_is_asked_for(world, name):
    assert world.told(name)["status"] == "accepted"
    assert f"POST /{name}" in world.sent


def test_a_training_that_has_nothing_to_learn_says_so(world):
    assert "a training is on its way" in world.run("train").output
    version = world.publish()

    output = world.run("train").output

    assert f"nothing to learn: version {version} has learnt all labels" in output


def test_labels_come_from_the_api(labelled):
    told = labelled.told("backfill")

    assert told == {"project": labelled.key, "requests": 1, "tasks": 4, "annotations": 4}


def test_labels_come_from_an_export_file(world, tmp_path):
    file = tmp_path / "export.json"
    file.write_text(json.dumps([exported(1), exported(2), exported(3) | {"annotations": []}]))

    told = world.told("backfill", "--from", str(file))

    assert (told["tasks"], told["annotations"]) == (2, 2)


def export_of(*tasks: object) -> bytes:
    return json.dumps(tasks).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"{", "not JSON (Expecting"),
        (b"{}", "a list of tasks"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (gzip.compress(b"[]"), "packed (gzip)"),
        (b"PK\x03\x04...", "packed (zip)"),
        (b"id,label,text\n1,a,b\n", "CSV, not JSON"),
        (b'[{"id": 1, "annotator": 1, "label": "A"}]', "JSON-MIN"),
        (b"[1]", "task 1 of the file has no `annotations`"),
        (b'[{"id": 1}]', "task 1 of the file has no `annotations`"),
        (export_of(exported(1), exported(2) | {"annotations": 7}), "task 2: task.annotations"),
        (export_of(exported(1), exported(2) | {"data": "a"}), "task 2: task.data"),
        (export_of(exported(1) | {"created_at": "soon"}), "task 1: task.created_at"),
        (export_of(exported(1) | {"id": "x"}), "task 1 of the file"),
        (export_of(exported(1), exported(2, "x" * 5_000_000)), "task 2 alone is too large"),
    ],
    ids=range(16),
)
def test_a_file_that_is_no_export_is_told_of_before_anything_is_sent(world, tmp_path, content, why):
    file = tmp_path / "export.json"
    file.write_bytes(content)

    told = world.told("backfill", "--from", str(file), exit_code=1)

    assert why in told["error"]
    assert told["fix"]
    assert "POST /backfill" not in world.sent


@pytest.mark.parametrize(
    ("name", "why"), [("", "a folder"), ("missing.json", "No such file"), ("x" * 300, "too long")]
)
def test_what_is_no_file_is_told_of(world, tmp_path, name, why):
    told = world.told("backfill", "--from", str(tmp_path / name), exit_code=1)

    assert why in told["error"]


def test_a_file_too_large_for_memory_is_refused(world, tmp_path):
    file = tmp_path / "export.json"
    file.write_bytes(export_of(exported(1)))
    os.truncate(file, MOST_BYTES + 1)  # sparse: takes no room

    assert "more than" in world.told("backfill", "--from", str(file), exit_code=1)["error"]


def test_a_backfill_that_breaks_off_says_what_was_sent(world, tmp_path, monkeypatch):
    world.most_bytes = 600
    file = tmp_path / "export.json"
    file.write_bytes(export_of(*(exported(i) for i in range(1, 6))))
    honest, calls = Backend.post, []

    def once(self, path, **body):
        calls.append(path)
        if len(calls) > 2:
            raise Unavailable("Labelloop answered 503")
        return honest(self, path, **body)

    monkeypatch.setattr(Backend, "post", once)

    told = world.told("backfill", "--from", str(file), exit_code=1)

    assert "answered 503. 4 annotations of 4 tasks were sent before" in told["error"]


@pytest.mark.parametrize(
    "command",
    [["status"], ["versions"], ["doubts"], ["train"], ["rank"], ["pin"], ["unpin"], ["options"]],
    ids=lambda command: command[0],
)
def test_with_label_studio_down_what_is_labelloops_is_done_all_the_same(world, command):
    world.publish()
    world.studio.down = True
    world.studio.calls.clear()

    world.told(*command)

    assert not world.studio.calls


def test_with_label_studio_down_labels_come_from_a_file_all_the_same(world, tmp_path):
    world.publish()
    world.studio.down = True
    file = tmp_path / "export.json"
    file.write_bytes(export_of(exported(1)))

    assert world.told("backfill", "--from", str(file))["annotations"] == 1


def test_the_version_of_the_command_is_told():
    ran = CliRunner().invoke(app, ["--version"])

    assert (ran.exit_code, ran.output.split()[0]) == (0, "labelloop")


@pytest.mark.parametrize("text", ["x", '"', "\u00e9", "\U0001f642", "\\"])
def test_requests_fit_lambda_whatever_the_texts_hold(text):
    tasks = [exported(i, text * 300_000) for i in range(1, 21)]

    def escaped(chunk: object) -> int:
        body = json.dumps(chunk, ensure_ascii=False)
        return len(json.dumps(body, ensure_ascii=False).encode())

    sizes = [escaped(chunk) for chunk in chunks(tasks, MOST_ESCAPED_BYTES)]

    assert len(sizes) > 1
    assert max(sizes) < 5_000_000 < MOST_BODY_BYTES
    assert sum(len(chunk) for chunk in chunks(tasks, MOST_ESCAPED_BYTES)) == 20


def test_only_what_is_learnt_from_is_sent():
    ((task,),) = chunks([exported(1)], MOST_ESCAPED_BYTES)

    assert set(task) == {"id", "created_at", "updated_at", "data", "annotations"}
    assert "draft_id" not in task["annotations"][0]


def test_a_task_that_no_request_can_hold_is_told_of():
    with pytest.raises(TooLarge, match="task 1"):
        list(chunks([exported(1, "x" * 5_000_000)], MOST_ESCAPED_BYTES))


def test_options_are_chosen_shown_and_taken_back(world):
    world.publish()

    none = {"strategy": None, "delete_predictions": None, "encoder": None}
    assert world.told("options")["options"] == none
    told = world.told("options", "--strategy", "entropy", "--keep-predictions")
    assert told["options"] == none | {"strategy": "entropy", "delete_predictions": False}
    assert "strategy = entropy" in world.run("options").stdout
    told = world.told("options", "--reset", "--strategy", "margin")
    assert told["options"] == none | {"strategy": "margin"}


def test_an_encoder_that_is_not_here_can_not_be_chosen(world, monkeypatch):
    monkeypatch.setenv("ENCODER", "minilm")  # so that there is a layer to run it in

    refused = world.told("options", "--encoder", "other", exit_code=1)

    assert refused["error"] == "there is no encoder other"
    assert "`labelloop encoder list`" in refused["fix"]
    assert "`labelloop encoder add other`" in refused["fix"]
    assert world.told("options", "--encoder", "none")["options"]["encoder"] == "none"


def test_an_option_that_does_not_exist_is_told_with_those_that_do(world):
    world.publish()

    told = world.told("options", "--strategy", "best", exit_code=1)

    assert "margin, entropy" in told["error"]
