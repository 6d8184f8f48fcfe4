"""What `labelloop backtest` reads of an export, and what it refuses."""

import os

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from labelloop.cli.export_file import MOST_BYTES
from tests.integration.cli.backtest.exports import project, refused, task, told


@pytest.mark.parametrize(
    ("content", "why"),
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
        ([task(i + 1, " ", "film") for i in range(80)], "no task has a text 'text'"),
        ([*project(), task(1, "another project's", "food")], "task 1 is there twice"),
        ([*project(), task(1, "x", "food") | {"id": 91}], "annotation 1 is there of two tasks"),
        ([task(i + 1, f"/data/upload/{i}.jpg", "film") for i in range(80)], "addresses of files"),
        ([task(i + 1, f"s3://a/{i}.wav", "film") for i in range(80)], "addresses of files"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(run, content, why):
    assert why in refused(run(content))


@pytest.mark.parametrize(
    "value",
    [
        {"choices": ["film", "food"]},
        {"choices": ["film"], "start": 0, "end": 4},
        {"choices": ["film"], "x": 1.0, "y": 1.0, "width": 5.0, "height": 5.0},
    ],
)
def test_several_labels_for_a_task_or_its_parts_are_another_kind_of_labelling(run, value):
    rows = project()
    rows[3]["annotations"][0]["result"][0]["value"] = value

    assert "'kind' gives task 4 several labels" in refused(run(rows))


def test_of_two_choices_the_one_that_is_named_is_replayed(run):
    rows = project()
    for row in rows:
        second = {"from_name": "mood", "to_name": "text", "type": "choices"}
        mood = "good" if row["id"] % 3 else "bad"
        row["annotations"][0]["result"].append(second | {"value": {"choices": [mood]}})

    assert told(run(rows, "--json", "--choice", "mood"))["choice"] == "mood"
    assert "there are: kind, mood" in refused(run(rows, "--choice", "colour"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    result = CliRunner().invoke(app, ["backtest", str(tmp_path / "none.json")])

    assert result.exit_code == 1
    assert "none.json: No such file" in result.output


def test_a_field_that_no_task_has_is_named_beside_those_that_are_there(run):
    assert "there are: ref, text" in refused(run(project(), "--text", "body"))


@pytest.mark.parametrize("more", [{"url": "x" * 500}, {"meta": "y" * 300}])
def test_the_text_is_the_field_called_so_or_the_one_with_most_that_differs(run, more):
    rows = [row | {"data": row["data"] | more} for row in project()]
    assert told(run(rows, "--json"))["text"] == "text"

    for row in rows:
        row["data"]["body"] = row["data"].pop("text")
    assert told(run(rows, "--json"))["text"] == "body"


def test_another_field_may_hold_the_text(run):
    rows = [row | {"data": row["data"] | {"long": f"{row['id']} words"}} for row in project()]

    assert told(run(rows, "--json", "--text", "long"))["text"] == "long"


def test_addresses_are_a_text_if_that_is_what_is_asked_for(run):
    rows = [task(i + 1, f"/{i % 2}/{i}", ("film", "food")[i % 2]) for i in range(80)]

    assert told(run(rows, "--json", "--text", "text"))["tasks"] == 80


def test_a_text_counts_once_with_the_label_it_was_given_most_often(run):
    """One that is labelled would tell the answer to one that is held out."""
    rows = project(70)
    again = [task(100 + i, f"  {rows[i]['data']['text'].upper()}", "food") for i in range(3)]
    more = [task(200 + i, rows[0]["data"]["text"], "food") for i in range(2)]

    found = told(run([*rows, *again, *more], "--json"))

    assert (found["tasks"], found["repeats"], found["left_out"]) == (70, 5, 0)
    assert found["commonest"] == {"label": "food", "share": round(36 / 70, 4)}


def test_an_export_twice_in_one_file_is_read_as_one(run):
    found = told(run([*project(), *project()], "--json"))

    assert (found["tasks"], found["left_out"], found["repeats"]) == (90, 0, 0)


@pytest.mark.parametrize("more", [{}, {"id": 7}, {"id": [1], "data": {"text": "x"}}])
def test_a_task_without_a_label_is_left_out_whatever_it_is(run, more):
    found = told(run([*project(), {"annotations": []} | more], "--json"))

    assert found["tasks"] == 90


def test_an_export_too_large_for_memory_is_refused(run, tmp_path):
    sparse = tmp_path / "sparse.json"  # takes no room
    sparse.touch()
    os.truncate(sparse, MOST_BYTES + 1)

    assert "more than" in refused(run(sparse))


def test_a_choice_that_is_no_list_is_read_all_the_same(run):
    rows = project()
    for row in rows:
        for one in row["annotations"]:
            value = one["result"][0]["value"]
            value["choices"] = value["choices"][0]

    assert told(run(rows, "--json"))["tasks"] == 90


def test_tasks_without_a_text_are_left_out_and_counted(run):
    rows = project()
    rows[0]["data"].pop("text")
    rows[1]["data"]["text"] = "  "
    rows[2]["annotations"] = []

    found = told(run(rows, "--json"))

    assert (found["tasks"], found["left_out"]) == (87, 3)
