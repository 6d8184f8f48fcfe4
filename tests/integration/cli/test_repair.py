"""Repair: what is damaged is said, mended and compared."""

import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train


@pytest.fixture
def mended(labelled, monkeypatch):
    """Let the trainer do what it is asked for while the command waits."""
    labelled.run("backfill")
    labelled.fold()
    monkeypatch.setattr(
        "labelloop.cli.repair.time.sleep",
        lambda _: train(WakeUp(labelled.key, "repair"), bootstrap.train_deps()),
    )
    return labelled


def test_what_is_whole_is_said_to_be_and_compared(mended):
    told = mended.told("repair")

    assert told["damaged"] == ""
    assert [step["outcome"] for step in told["steps"]] == ["done", "done"]
    assert "is undamaged" in told["steps"][0]["detail"]


def test_what_is_damaged_is_mended(mended):
    store = bootstrap.store()
    store.delete(one.key for one in list(store.list(f"projects/{mended.key}/datasets/")))

    told = mended.told("repair")

    assert "is gone" in told["damaged"]
    assert told["repair"]["lost"]
    assert [step["outcome"] for step in told["steps"]] == ["warning", "done", "done"]
    assert Project(store, mended.key).snapshots.damage() == ""
    assert mended.told("repair")["damaged"] == ""


def test_while_labels_may_be_missing_doctor_names_the_command_that_compares_them(mended):
    store = bootstrap.store()
    store.delete(one.key for one in list(store.list(f"projects/{mended.key}/datasets/")))
    mended.told("repair")

    checks = mended.told("doctor", exit_code=1)["checks"]

    (dataset,) = [row for row in checks if row["name"] == "dataset"]
    assert dataset["outcome"] == "note"
    assert "went on without a snapshot" in dataset["detail"]
    assert "`labelloop repair`" in dataset["fix"]


def test_a_label_studio_that_aws_cannot_reach_is_compared_from_here(mended):
    mended.most_bytes = 700  # a task or two at once
    gone, renamed, *_ = [one for page in mended.studio.export(mended.project) for one in page]
    mended.studio.delete_annotation(gone["annotations"][0]["id"])
    label = renamed["annotations"][0]
    mended.studio.rename(label["id"], "Positive")

    told = mended.told("repair")
    mended.fold()

    assert told["differed"] == 2
    known = Project(bootstrap.store(), mended.key)
    live = known.dataset(known.dataset_pointer().value).live_annotations()
    assert gone["annotations"][0]["id"] not in {one.id for one in live}
    assert [one.result for one in live if one.id == label["id"]] == [
        [label["result"][0] | {"value": {"choices": ["Positive"]}}]
    ]
    assert mended.told("repair")["differed"] == 0
