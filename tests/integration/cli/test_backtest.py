"""`labelloop backtest`: no deployment, no Label Studio, one file."""

import io
import json
import re
import sys

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from labelloop.cli import replay
from labelloop.cli.app import app
from labelloop.cli.picture import drawn
from labelloop.domain.strategies import STRATEGIES
from labelloop.usecases.backtest import compare
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
    def run(content, *arguments, strategies=("margin",)):
        path = tmp_path / "export.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        options = ["--seeds", "1", "--jobs", "1", "--encoder", "none", "--labels", "20"]
        options += [part for name in strategies for part in ("--strategy", name)]
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
    found = told(run(project(), "--json", "--labels", "25", strategies=()))

    assert set(found["strategies"]) == set(STRATEGIES)
    for curve in found["strategies"].values():
        assert [point["labels"] for point in curve] == [10, 15, 20, 25]
    assert set(found["labels_to_target"]) == set(found["ahead_of_random"]) == set(STRATEGIES)
    assert (found["tasks"], found["left_out"], found["encoder"]) == (90, 0, None)
    assert (found["runs"], found["commonest"]) == (1, {"label": "film", "share": 0.5})
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
    found = told(run(project(), "--json", strategies=("margin", "badge")))

    assert set(found["strategies"]) == {"random", "margin", "badge"}


def test_runs_side_by_side_give_the_same_numbers(run):
    arguments = "--json", "--seeds", "2"
    one, two = (told(run(project(), *arguments, "--jobs", jobs)) for jobs in ("1", "2"))

    assert one == two


def test_a_strategy_that_there_is_not_is_refused_with_those_there_are(run):
    assert "no strategy 'bold'; there are: typical_then_margin" in refused(
        run(project(), strategies=("bold",))
    )


def test_a_table_and_a_picture_are_made(run, tmp_path):
    picture = tmp_path / "curves.png"
    result = run(project(), "--picture", str(picture), strategies=("margin", "committee"))

    assert result.exit_code == 0, result.output
    assert re.search(r"^margin +\d+\.\d ", result.output, re.MULTILINE)
    assert "By terms alone" in result.output
    assert "The committee has one member then" in result.output
    assert "90 tasks with a text in 'text' and one of 2 labels of 'kind'" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")


STEPS = [10, 50, 100, 150, 200, 300]
RUNS = {
    "random": [[0.4, 0.5, 0.6, 0.7, 0.8, 0.8], [0.4, 0.5, 0.6, 0.7, 0.8, 0.8]],
    "margin": [[0.4, 0.7, 0.8, 0.8, 0.8, 0.8], [0.4, 0.6, 0.7, 0.7, 0.8, 0.8]],
    "typical_then_margin": [[0.8, 0.8, 0.8, 0.8, 0.8, 0.8], [0.8, 0.8, 0.8, 0.8, 0.8, 0.9]],
    "core_set": [[0.4, 0.5, 0.6, 0.6, 0.6, 0.6], [0.4, 0.5, 0.6, 0.6, 0.6, 0.6]],
}


def shown(found, runs, width=80):
    lines = io.StringIO()
    Console(file=lines, width=width).print(replay.table(found, 300, runs))
    return [" ".join(line.split()) for line in lines.getvalue().splitlines()]


def test_a_row_tells_what_came_of_a_strategy_in_eighty_columns():
    rows = shown(compare(STEPS, RUNS), 2)

    assert "strategy 50 200 300 ahead to 76.7% saved" in rows
    assert "typical_then_margin 80.0 80.0 85.0 +13.4 ± 0.9 ≤10 +173" in rows
    assert "margin 65.0 80.0 80.0 +5.8 ± 2.5 133 (83 to 183) +50" in rows
    assert "core_set 50.0 60.0 60.0 -10.3 ± 0.0 >300 ?" in rows
    assert "random 50.0 80.0 80.0 183" in rows


def test_of_one_run_no_range_is_shown():
    rows = shown(compare(STEPS, {name: some[:1] for name, some in RUNS.items()}), 1)

    assert "random 50.0 80.0 80.0 183" in rows
    assert not any("±" in row for row in rows)


def test_the_curves_are_drawn_in_percent_with_random_order_apart():
    axes = drawn(compare(STEPS, RUNS), "a title").axes[0]

    lines = {line.get_label(): line for line in axes.lines}
    margin, to_reach = (
        np.array(lines[name].get_path().vertices) for name in ("margin", "to reach")
    )
    assert margin[:, 0].tolist() == STEPS
    assert margin[:, 1] == pytest.approx([40, 65, 75, 75, 80, 80])
    assert to_reach[:, 1] == pytest.approx(76.67, abs=0.01)
    assert len({line.get_color() for line in lines.values()}) == len(RUNS)
    assert [name for name, line in lines.items() if line.get_linestyle() == "--"] == ["random"]
    assert axes.get_title() == "a title"


def test_where_the_commonest_label_is_as_good_it_is_said(run):
    rows = project()
    for row in rows[:84]:
        row["annotations"][0]["result"][0]["value"]["choices"] = ["film"]

    assert "The commonest label alone is right as often" in run(rows).output
    assert "The commonest label" not in run(project()).output


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


def test_an_export_too_large_for_memory_is_refused(run, monkeypatch):
    monkeypatch.setattr("labelloop.cli.export.MOST_BYTES", 1_000)

    assert "more than" in refused(run(project()))


def test_tasks_without_a_text_are_left_out_and_counted(run):
    rows = project()
    rows[0]["data"].pop("text")
    rows[1]["data"]["text"] = "  "
    rows[2]["annotations"] = []

    found = told(run(rows, "--json"))

    assert (found["tasks"], found["left_out"]) == (87, 3)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("none/x.png", "no place"),
        (".", "no kind"),
        ("curves", "no kind"),
        ("x.doc", "no kind"),
        ("x.pgf", "no kind"),
    ],
)
def test_a_picture_that_cannot_be_written_is_refused_at_once(run, tmp_path, path, why):
    result = refused(run(project(), "--picture", str(tmp_path / path)))

    assert why in result
    assert "strategy" not in result


def test_a_missing_package_is_named_with_what_installs_it(run, monkeypatch):
    monkeypatch.delitem(sys.modules, "labelloop.cli.replay", raising=False)
    monkeypatch.setitem(sys.modules, "joblib", None)

    assert "shared[cli,backtest]" in refused(run(project()))
