"""`labelloop backtest`: no deployment, no Label Studio, one file."""

import json
import sys

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app

AT = "2026-11-23T09:00:00Z"
TEXTS = {"film": "a great film with a fine cast", "food": "tasty soup and warm bread"}


def task(id_, text, label, **data):
    region = {"from_name": "kind", "to_name": "text", "type": "choices"}
    annotation = {"id": id_, "created_at": AT, "updated_at": AT, "completed_by": 1}
    annotation["result"] = [region | {"value": {"choices": [label]}}]
    return {
        "id": id_,
        "created_at": AT,
        "updated_at": AT,
        "data": {"text": text, "ref": f"row {id_}"} | data,
        "annotations": [annotation],
    }


def project(size=90):
    names = list(TEXTS)
    return [task(i + 1, f"{TEXTS[names[i % 2]]} {i}", names[i % 2]) for i in range(size)]


@pytest.fixture
def run(tmp_path):
    def run(content, *arguments):
        path = tmp_path / "export.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return CliRunner().invoke(app, ["backtest", str(path), "--seeds", "1", *arguments])

    return run


def test_the_numbers_are_told_as_json(run):
    result = run(project(), "--json", "--labels", "40")

    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [point["labels"] for point in told["strategies"]["margin"]] == [10, 20, 30, 40]
    assert set(told["labels_to_target"]) == set(told["strategies"])
    assert told["tasks"] == 90


def test_a_table_and_a_picture_are_made(run, tmp_path):
    result = run(project(), "--labels", "20", "--picture", str(tmp_path / "curves.png"))

    assert result.exit_code == 0, result.output
    assert "margin" in result.output
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ({"a": 1}, "not an export"),
        ([{"text": "A", "kind": "film"}], "not an export"),
        ([], "no labels of a single choice"),
        ([task(1, "A", "film") | {"annotations": []}], "no labels of a single choice"),
        (project(20), "needs 60"),
        ([task(i + 1, "A film", "film") for i in range(80)], "all are 'film'"),
        ([{"id": "x", "data": {}, "annotations": [{}]}], "expected"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(run, content, told):
    result = run(content)

    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_named(tmp_path):
    result = CliRunner().invoke(app, ["backtest", str(tmp_path / "none.json")])

    assert result.exit_code == 1
    assert "none.json: No such file" in result.output


def test_a_field_that_no_task_has_is_named_beside_those_that_are_there(run):
    result = run(project(), "--text", "body")

    assert result.exit_code == 1
    assert "there are: ref, text" in result.output


def test_another_field_may_hold_the_text(run):
    rows = [row | {"data": row["data"] | {"long": "x" * 500}} for row in project()]

    assert run(rows, "--text", "text", "--labels", "20").exit_code == 0


def test_a_picture_that_cannot_be_written_is_named(run, tmp_path):
    result = run(project(), "--labels", "20", "--picture", str(tmp_path / "none" / "x.png"))

    assert result.exit_code == 1
    assert "x.png" in result.output


def test_a_missing_package_is_named_with_what_installs_it(run, monkeypatch):
    monkeypatch.delitem(sys.modules, "labelloop.adapters.sklearn_replay", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)

    result = run(project())

    assert result.exit_code == 1
    assert "shared[cli,backtest]" in result.output
