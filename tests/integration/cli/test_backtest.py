"""`labelloop backtest`: no deployment, no Label Studio, one file."""

import json
import sys

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from labelloop.domain.strategies import STRATEGIES
from tests.tiny_encoder import files

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
        options = ["--seeds", "1", "--jobs", "1", "--encoder", "none", "--labels", "20"]
        return CliRunner().invoke(app, ["backtest", str(path), *options, *arguments])

    return run


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result):
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_the_numbers_of_every_strategy_are_told_as_json(run):
    found = told(run(project(), "--json", "--labels", "40"))

    assert set(found["strategies"]) == set(STRATEGIES)
    for curve in found["strategies"].values():
        assert [point["labels"] for point in curve] == [10, 20, 30, 40]
    assert set(found["labels_to_target"]) == set(found["ahead_of_random"]) == set(STRATEGIES)
    assert (found["tasks"], found["left_out"], found["encoder"]) == (90, 0, None)
    assert (found["choice"], found["text"], found["classes"]) == ("kind", "text", 2)


def test_an_encoder_is_named_by_its_folder(run, tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, body in files().items():
        (folder / name).write_bytes(body)

    found = told(run(project(), "--json", "--encoder", str(folder)))

    assert found["encoder"].startswith("tiny-")


def test_a_folder_without_an_encoder_is_refused(run, tmp_path):
    assert "encoder.json is missing" in refused(run(project(), "--encoder", str(tmp_path)))


def test_some_strategies_are_replayed_beside_random_order(run):
    found = told(run(project(), "--json", "--strategy", "margin", "--strategy", "badge"))

    assert set(found["strategies"]) == {"random", "margin", "badge"}


def test_runs_side_by_side_give_the_same_numbers(run):
    arguments = "--json", "--strategy", "margin", "--seeds", "2"
    one, two = (told(run(project(), *arguments, "--jobs", jobs)) for jobs in ("1", "2"))

    assert one == two


def test_a_strategy_that_there_is_not_is_refused_with_those_there_are(run):
    assert "no strategy 'bold'; there are: typical_then_margin" in refused(
        run(project(), "--strategy", "bold")
    )


def test_a_table_and_a_picture_are_made(run, tmp_path):
    result = run(project(), "--picture", str(tmp_path / "curves.png"))

    assert result.exit_code == 0, result.output
    assert "margin" in result.output
    assert "90 tasks with a text in 'text' and one of 2 labels of 'kind'" in result.output
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_title_is_no_formula(tmp_path):
    path = tmp_path / "cost_$5_and_$6_漢字.json"
    path.write_text(json.dumps(project()))
    picture = ["--picture", str(tmp_path / "x.svg")]
    options = ["--seeds", "1", "--jobs", "1", "--encoder", "none", "--labels", "20", *picture]

    assert CliRunner().invoke(app, ["backtest", str(path), *options]).exit_code == 0


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
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(run, content, why):
    assert why in refused(run(content))


@pytest.mark.parametrize(
    "value", [{"choices": ["film", "food"]}, {"choices": ["film"], "start": 0, "end": 4}]
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


def test_tasks_without_a_text_are_left_out_and_counted(run):
    rows = project()
    rows[0]["data"].pop("text")
    rows[1]["data"]["text"] = "  "
    rows[2]["annotations"] = []

    found = told(run(rows, "--json"))

    assert (found["tasks"], found["left_out"]) == (87, 3)


@pytest.mark.parametrize(
    ("path", "why"),
    [("none/x.png", "no place"), (".", "no kind"), ("curves", "no kind"), ("x.doc", "no kind")],
)
def test_a_picture_that_cannot_be_written_is_refused_at_once(run, tmp_path, path, why):
    result = refused(run(project(), "--picture", str(tmp_path / path)))

    assert why in result
    assert "strategy" not in result


def test_a_missing_package_is_named_with_what_installs_it(run, monkeypatch):
    monkeypatch.delitem(sys.modules, "labelloop.cli.replay", raising=False)
    monkeypatch.setitem(sys.modules, "joblib", None)

    assert "shared[cli,backtest]" in refused(run(project()))
