"""`labelloop recipe` and `labelloop backtest --recipe`: what is written, checked and replayed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from labelloop.cli.check_recipe import check_recipe
from labelloop.cli.checked_recipe import ToCheck
from labelloop.recipes.contract import RULES
from tests.broken_recipes import BROKEN, CONFIG, SOUND, TASKS

README = Path(__file__).parents[3] / "layers" / "recipes" / "README.md"
ROWS = json.loads(TASKS)
DATA = [row["data"] for row in ROWS]
RESULTS = [row["annotations"][0]["result"] for row in ROWS]
SLOW_S = 900  # for each rule, on a machine that does much else


def run(*words):
    return CliRunner().invoke(app, ["recipe", *map(str, words)])


def test_a_new_recipe_keeps_to_all_rules_and_passes_its_own_test(tmp_path):
    assert run("new", "topics", "--to", tmp_path).exit_code == 0

    checked = run("check", tmp_path / "topics.py", "--json", "--limit", SLOW_S)
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_topics.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert checked.exit_code == 0, checked.output
    found = json.loads(checked.stdout)
    assert len(found["rules"]) == len(RULES) + 2  # it is loaded, and needs no numpy to be
    assert not any(one["why"] for one in found["rules"])
    assert tested.returncode == 0, tested.stdout


def test_only_names_are_replaced_in_what_is_written_and_no_word_of_a_sentence(tmp_path):
    run("new", "shortness", "--to", tmp_path)

    written = (tmp_path / "shortness.py").read_text()
    sentences = re.findall(r"#.*|\"\"\".*", written)
    assert len(sentences) > 10
    assert not any("shortness" in one for one in sentences)


def test_the_short_recipe_of_the_readme_keeps_to_all_rules(tmp_path):
    (source,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    run("new", "forest", "--to", tmp_path)
    (tmp_path / "forest.py").write_text(source)

    checked = run("check", tmp_path / "forest.py", "--limit", SLOW_S)

    assert checked.exit_code == 0, checked.output
    assert len(source.splitlines()) <= 20


@pytest.mark.parametrize("name", ["json", "Topics", "my-topics", "1st", "numpy"])
def test_a_name_that_no_module_can_have_is_refused_with_a_reason(name, tmp_path):
    ended = run("new", name, "--to", tmp_path)

    assert ended.exit_code == 1
    assert "name" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "topics.xml").write_text("mine")

    assert run("new", "topics", "--to", tmp_path).exit_code == 1
    assert (tmp_path / "topics.xml").read_text() == "mine"
    assert not (tmp_path / "topics.py").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a package that is missing", "No module named 'torch_of_another_planet'"),
        ("a module that ends the process", "SystemExit: 3"),
        ("a module that never ends", "it did not end within 2 s"),
        ("a module without a recipe", "offers no RECIPE"),
        ("read gives a text", "AttributeError"),
        ("features lack rows", "23 rows of features for 24 inputs"),
        ("features are not finite", "features are not finite"),
        ("features take all memory", "MemoryError"),
        ("fit raises", "RuntimeError: it has no idea"),
        ("fit ends the process", "it ended the process with exit code 1"),
        ("fit has no end", "it did not end within 2 s"),
        ("answers have other names", "Model.names are not Answers.names"),
        ("hits are not finite", "hits: not all are finite"),
        ("results are texts", "AttributeError"),
    ],
)
def test_a_broken_recipe_is_told_in_a_sentence(name, why, tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(f"{SOUND}\n\n{BROKEN[name]}\n")
    to_check = ToCheck(str(source), CONFIG, DATA, RESULTS, 3_008)

    found = [one.why for one in check_recipe(to_check, 2) if one.why]

    assert any(why in one for one in found), found
    assert not any("Traceback" in one or "\n" in one for one in found)


# What it says of each task is as likely wrong as right.
POOR = (
    "fit = Control.fit\n"
    "def fit_to_others(self, labels, *args, **named):\n"
    "    return fit(self, [*labels[1:], labels[0]], *args, **named)\n"
    "Control.fit = fit_to_others\n"
)


def test_that_little_is_learnt_of_ones_own_tasks_is_a_note(tmp_path):
    for suffix, text in (("py", f"{SOUND}\n\n{POOR}"), ("xml", CONFIG), ("json", TASKS)):
        (tmp_path / f"mine.{suffix}").write_text(text)
    (tmp_path / "export.json").write_text(TASKS)
    source = tmp_path / "mine.py"

    example = run("check", source)
    project = run("check", source, "--tasks", tmp_path / "export.json")

    assert example.exit_code == 1
    assert "fails  a wrong label is doubted first" in example.output
    assert project.exit_code == 0, project.output
    assert "note   a wrong label is doubted first" in project.output
    assert "fails" not in project.output
    assert "No rule is broken" in project.output


def test_what_a_recipe_must_not_do_is_no_note_with_any_tasks(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(f"{SOUND}\n\n{BROKEN['features lack rows']}\n")
    to_check = ToCheck(str(source), CONFIG, DATA, RESULTS, 3_008, of_project=True)

    found = [one for one in check_recipe(to_check, 20) if one.why]

    assert found
    assert not any(one.is_note for one in found)


@pytest.mark.parametrize(("times", "fix"), [(1, "raise --limit"), (9, "216 tasks; take fewer")])
def test_a_rule_that_does_not_end_says_what_to_do(times, fix, tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(f"{SOUND}\n\n{BROKEN['fit has no end']}\n")
    to_check = ToCheck(str(source), CONFIG, DATA * times, RESULTS * times, 3_008)

    last = [one.why for one in check_recipe(to_check, 2) if one.why][-1]

    assert fix in last


def test_numpy_is_kept_out_of_what_the_light_function_loads(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(SOUND.replace("import json\n", "import json\nimport numpy\n", 1))
    (tmp_path / "mine.xml").write_text(CONFIG)
    (tmp_path / "mine.json").write_text(TASKS)

    ended = run("check", source)

    assert ended.exit_code == 1
    assert "fails  it reads label configs without numpy" in ended.stdout
    assert "within the methods that use it" in ended.stdout


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "there is no"),
        ({"mine.py": SOUND}, "--config"),
        ({"mine.py": SOUND, "mine.xml": CONFIG, "mine.json": "[]"}, "no list of tasks"),
        ({"mine.py": SOUND, "mine.xml": CONFIG, "mine.json": '[{"data": {}}]'}, "no annotation"),
    ],
)
def test_what_is_missing_to_check_with_is_said(files, why, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    ended = run("check", tmp_path / "mine.py")

    assert ended.exit_code == 1
    assert why in ended.stderr


@pytest.fixture
def export(tmp_path):
    at = {"created_at": "2026-11-23T10:00:00Z", "updated_at": "2026-11-23T10:00:00Z"}
    rows = []
    for number in range(1, 121):
        row = ROWS[number % len(ROWS)]
        data = {"message": f"{row['data']['message']} for the time {number}"}
        result = row["annotations"][0]["result"]
        annotation = {"id": number, "was_cancelled": False, "result": result} | at
        rows.append({"id": number, "data": data, "annotations": [annotation]} | at)
    file = tmp_path / "export.json"
    file.write_text(json.dumps(rows))
    return file


def test_a_finished_project_is_replayed_with_a_recipe_of_ones_own(export, tmp_path):
    run("new", "topics", "--to", tmp_path)
    command = [sys.executable, "-m", "labelloop.cli", "backtest", str(export), "--json"]
    command += ["--recipe", str(tmp_path / "topics.py"), "--encoder", "none", "--seeds", "1"]
    command += ["--strategy", "margin", "--labels", "40", "--jobs", "1"]

    done, lacking = (
        subprocess.run(words, capture_output=True, text=True)  # noqa: S603 - our own command
        for words in ([*command, "--label-config", str(tmp_path / "topics.xml")], command)
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tasks"] == 120
    assert lacking.returncode == 1
    assert json.loads(lacking.stdout)["fix"] == "name it by --label-config"
