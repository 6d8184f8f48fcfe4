"""`labelloop forget`, against AWS as moto plays it."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.lease import TRAINER
from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project
from labelloop.cli import aws as aws_module
from labelloop.cli.app import app
from tests.builders import PROJECT, created, task

OTHER = "39.1795398621"


@pytest.fixture(params=["Suspended", "Enabled"])
def stored(aws, monkeypatch, request) -> SimpleNamespace:
    """Two projects in a bucket, with and without versions."""
    versioning: Any = {"Status": request.param}
    aws.s3.put_bucket_versioning(Bucket=aws.bucket, VersioningConfiguration=versioning)
    store = S3Store(aws.bucket)
    for key in (PROJECT, OTHER):
        project = Project(store, key)
        project.add_event("a", created(1))
        project.forget(project.pending())  # leaves a version where there are versions
        project.add_event("b", created(2))
        Pool(store, key).add("a", [task(1)])
        Pool(store, key).set_ranked("1-a")
        Pool(store, key).set_ranked("2-b")
    told = {"Stacks": [{"Outputs": [{"OutputKey": "BucketName", "OutputValue": aws.bucket}]}]}
    stacks = SimpleNamespace(describe_stacks=lambda StackName: told)  # noqa: N803
    clients = {"cloudformation": stacks, "s3": aws.s3}
    session = SimpleNamespace(client=clients.__getitem__)
    monkeypatch.setattr(aws_module, "session", lambda: session)
    return aws


def left(aws: SimpleNamespace, project: str) -> int:
    found = aws.s3.list_object_versions(Bucket=aws.bucket, Prefix=f"projects/{project}/")
    return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


def test_all_of_a_project_goes_and_nothing_of_another(stored):
    others = left(stored, OTHER)

    ran = CliRunner().invoke(app, ["forget", "--project", PROJECT, "--yes", "--json"])

    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["deleted"] is True
    assert left(stored, PROJECT) == 0
    assert left(stored, OTHER) == others > 0


def test_nothing_goes_unless_one_is_sure(stored):
    before = left(stored, PROJECT)

    ran = CliRunner().invoke(app, ["forget", "--project", PROJECT])

    assert ran.exit_code == 1
    assert f"{before} objects of project {PROJECT} would be deleted" in ran.output.replace(
        "\n", " "
    )
    assert "--yes" in ran.output
    assert left(stored, PROJECT) == before


@pytest.mark.parametrize(("answer", "remaining"), [("y", 0), ("n", 1), ("", 1)])
def test_a_person_at_a_terminal_is_asked(stored, monkeypatch, answer, remaining):
    before = left(stored, PROJECT)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("labelloop.cli.forget.sys", SimpleNamespace(stdin=terminal))

    ran = CliRunner().invoke(app, ["forget", "--project", PROJECT], input=f"{answer}\n")

    assert f"Delete {before} objects of project {PROJECT}" in ran.output
    assert (ran.exit_code, left(stored, PROJECT)) == (bool(remaining), remaining and before)


def test_with_json_nobody_is_asked(stored, monkeypatch):
    before = left(stored, PROJECT)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("labelloop.cli.forget.sys", SimpleNamespace(stdin=terminal))

    ran = CliRunner().invoke(app, ["forget", "--project", PROJECT, "--json"])

    told = json.loads(ran.stdout)
    assert (ran.exit_code, told["deleted"]) == (1, False)
    assert told["fix"].endswith("--yes")
    assert left(stored, PROJECT) == before


def test_nothing_goes_while_a_training_would_store_labels_again(stored):
    """It stores its version, with labels, minutes later: of a project that was to be forgotten."""
    lease = Project(S3Store(stored.bucket), PROJECT).lease(TRAINER)
    lease.take("a trainer", time.time(), 60)
    before = left(stored, PROJECT)

    ran = CliRunner().invoke(app, ["forget", "--project", PROJECT, "--yes", "--json"])

    assert (ran.exit_code, left(stored, PROJECT)) == (1, before)
    assert "training" in json.loads(ran.stdout)["error"]

    lease.release("a trainer")
    assert CliRunner().invoke(app, ["forget", "--project", PROJECT, "--yes"]).exit_code == 0
    assert left(stored, PROJECT) == 0


@pytest.mark.parametrize("project", ["38", "3", "", "38.1", "*", "38.1795398622"])
def test_only_a_whole_name_is_taken(stored, project):
    before = left(stored, PROJECT), left(stored, OTHER)

    ran = CliRunner().invoke(app, ["forget", "--project", project, "--yes"])

    assert ran.exit_code == 1
    assert (left(stored, PROJECT), left(stored, OTHER)) == before
