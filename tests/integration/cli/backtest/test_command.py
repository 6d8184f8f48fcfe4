"""`labelloop backtest`: no deployment, no Label Studio, one file."""

import io
import json
import re
import sys
from hashlib import sha256

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from labelloop.cli import replay, report
from labelloop.cli.app import app
from labelloop.domain.ordering.strategies import STRATEGIES
from labelloop.picture import drawn
from labelloop.recipes.tuned_to import digests_of
from labelloop.usecases.judging.backtest import compare
from tests.integration.cli.backtest.exports import project, refused, told
from tests.tiny_encoder import files


def test_the_numbers_of_every_strategy_are_told_as_json(run):
    found = told(run(project(), "--json", "--labels", "25", strategies=()))

    assert set(found["strategies"]) == set(STRATEGIES)
    for curve in found["strategies"].values():
        assert [point["labels"] for point in curve] == [10, 15, 20, 25]
    assert set(found["labels_to_target"]) == set(found["ahead_of_random"]) == set(STRATEGIES)
    assert (found["tasks"], found["left_out"], found["encoder"]) == (90, 0, None)
    assert (found["runs"], found["commonest"]) == (1, {"label": "film", "share": 0.5})
    assert (found["choice"], found["text"], found["classes"]) == ("kind", "text", 2)


@pytest.mark.parametrize(
    ("own", "shown"), [({"name": "own"}, "own-"), ({}, "folder-"), ({"name": 3}, "folder-")]
)
def test_an_encoder_has_its_own_name_or_its_folders(run, tmp_path, own, shown):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, body in files().items():
        (folder / name).write_bytes(body)
    described = json.loads(files()["encoder.json"])
    described.pop("name", None)
    (folder / "encoder.json").write_text(json.dumps(described | own))

    found = told(run(project(), "--json", "--encoder", str(folder)))

    assert found["encoder"].startswith(shown)


def test_a_folder_without_an_encoder_is_refused(run, tmp_path):
    assert "encoder.json is missing" in refused(run(project(), "--encoder", str(tmp_path)))


def test_some_strategies_are_replayed_beside_random_order(run):
    found = told(run(project(), "--json", strategies=("margin", "entropy")))

    assert set(found["strategies"]) == {"random", "margin", "entropy"}


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
    result = run(project(), "--picture", str(picture), strategies=("margin",))

    assert result.exit_code == 0, result.output
    assert re.search(r"^margin +\d+\.\d ", result.output, re.MULTILINE)
    assert "By terms alone" in result.output
    assert "90 tasks about 'text', each with one of 2 labels of 'kind'" in result.output
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


def test_with_two_classes_orders_that_are_one_stand_in_one_row(run):
    names = "margin", "entropy", "least_confidence"
    output = run(project(), "--labels", "25", strategies=names).output

    assert re.search(r"^margin +\d.*\n= least_confidence *\n= entropy *$", output, re.MULTILINE)


def test_off_a_terminal_progress_is_lines_and_the_first_are_named(run, monkeypatch):
    monkeypatch.setattr(report, "_EVERY_S", 0)
    output = run(project(), "--seeds", "2").output

    assert "encoding\n" in output
    assert "replaying: 4 of 4 runs\n" in output
    assert re.search(r"^First(:|, by more than a standard error:) ", output, re.MULTILINE)


def test_of_one_run_no_range_is_shown():
    rows = shown(compare(STEPS, {name: some[:1] for name, some in RUNS.items()}), 1)

    assert "random 50.0 80.0 80.0 183" in rows
    assert not any("±" in row for row in rows)


def test_the_curves_are_drawn_in_percent_with_random_order_apart():
    axes = drawn({"a title": replay.lines(compare(STEPS, RUNS))}, "held-out tasks").axes[0]

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
    ("path", "why"),
    [
        ("none/x.png", "no file can be written"),
        (".", "not a picture"),
        ("curves", "not a picture"),
        ("x.doc", "not a picture"),
        ("x.pgf", "not a picture"),
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


def test_a_label_config_says_what_the_export_is_about(run, tmp_path):
    config = tmp_path / "config.xml"
    config.write_text(
        '<View><Text name="text" value="$text"/><Choices name="kind" toName="text">'
        '<Choice value="film"/><Choice value="food"/></Choices></View>'
    )

    by_config = told(run(project(), "--json", "--label-config", str(config)))

    assert by_config["strategies"] == told(run(project(), "--json"))["strategies"]


def test_a_label_config_that_cannot_be_read_or_learnt_is_refused(run, tmp_path):
    config = tmp_path / "config.xml"

    assert "No such file" in refused(run(project(), "--label-config", str(config)))
    config.write_text("<View/>")
    assert "no control" in refused(run(project(), "--label-config", str(config)))


def test_what_the_encoder_was_tuned_to_is_left_out(run, tmp_path):
    rows = project()
    body = json.dumps(digests_of([row["data"]["text"] for row in rows[:30]])).encode()
    folder = tmp_path / "tuned"
    folder.mkdir()
    for name, content in (
        files(tuned_sha256=sha256(body).hexdigest()) | {"tuned.json": body}
    ).items():
        (folder / name).write_bytes(content)

    found = told(run(rows, "--json", "--encoder", str(folder)))

    assert (found["tuned_to"], found["tasks"]) == (30, 60)
