"""`labelloop recipe from-backend`, and what `labelloop recipe check` says of what it writes."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from tests.broken_recipes import CONFIG, TASKS
from tests.moved_backends import BACKENDS

VOTES = BACKENDS / "word_votes" / "model.py"


def run(*words):
    return CliRunner().invoke(app, ["recipe", *map(str, words)])


@pytest.fixture
def layer(tmp_path):
    folder = tmp_path / "layer"
    folder.mkdir()
    (folder / "requirements.txt").write_text("# none yet\npillow==11.0.0\n")
    return folder


@pytest.fixture
def bring(tmp_path, layer):
    """Make a recipe of a module with some lines after it, and files beside it."""

    def bring(lines="", name="mine", **files):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.py").write_text(f"{VOTES.read_text()}\n\n{lines}\n")
        for file, text in files.items():
            (folder / file.replace("_dot_", ".")).write_text(text)
        return run("from-backend", folder / "model.py", "--to", layer)

    return bring


def check(layer, name, *options, config=CONFIG, tasks=TASKS):
    (layer / "any.xml").write_text(config)
    (layer / "any.json").write_text(tasks)
    files = ["--config", layer / "any.xml", "--tasks", layer / "any.json"]
    given = [*files, "--json", *options]
    ended = run("check", layer / name, *given)
    return ended.exit_code, {one["rule"]: one["why"] for one in json.loads(ended.stdout)["rules"]}


def test_a_backend_becomes_a_recipe_that_keeps_to_all_rules(bring, layer):
    assert bring().exit_code == 0

    code, found = check(layer, "mine")

    assert (code, {rule: why for rule, why in found.items() if why}) == (0, {})
    assert (layer / "mine" / "backend" / "model.py").read_text().startswith(VOTES.read_text())


def test_what_it_requires_is_added_once_without_what_stands_for_label_studio(bring, layer):
    theirs = "gunicorn==23.0.0\nlabel-studio-ml @ git+https://example.com\nPillow~=10.3\ntoolz\n"

    bring(requirements_dot_txt=theirs, Dockerfile="FROM scratch", test_api_dot_py="")

    assert (layer / "requirements.txt").read_text() == (
        "# none yet\npillow==11.0.0\n# mine:\ntoolz\n"
    )
    assert [path.name for path in (layer / "mine" / "backend").iterdir()] == ["model.py"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("import torch", "torch 2,000"),
        ("import torch_of_another_planet", "must be installed here"),
        ("from rq import Queue", "it imports rq: jobs in the background"),
        ("from label_studio_sdk.converter import brush", "label_studio_sdk.converter, which"),
        ("from label_studio_ml.utils import get_image_size", "get_image_size of label_studio_ml"),
        ("DEVICE = 'cuda:0'", "it asks for a GPU"),
        ("import scipy", "container functions hold it"),
    ],
)
def test_what_no_function_can_run_is_refused_with_the_reason(lines, why, bring, layer):
    bring(lines)

    code, found = check(layer, "mine")

    assert code == 1
    assert why in found["it can run in a function"]


def test_container_functions_hold_what_is_too_large_for_others(bring, layer):
    bring("import scipy")

    assert check(layer, "mine", "--containers")[1]["it can run in a function"] == ""


def test_one_that_predicts_while_people_draw_and_nothing_else_keeps_to_all_rules(layer):
    config = CONFIG.replace("Choices", "Labels").replace("Choice ", "Label ")
    rows = json.loads(TASKS)
    for row in rows:
        (region,) = row["annotations"][0]["result"]
        text, labels = row["data"]["message"][:4], region["value"].pop("choices")
        region |= {"type": "labels"}
        region["value"] = {"start": 0, "end": 4, "text": text, "labels": labels}
    run("from-backend", BACKENDS / "same_words", "--to", layer)

    assert check(layer, "same_words", config=config, tasks=json.dumps(rows))[0] == 0


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("urllib.request.urlopen('http://192.0.2.1/tasks')", "it reaches for the network"),
        ("self.get_local_path('s3://bucket/key')", "a task's files are not fetched here"),
    ],
)
def test_a_backend_that_asks_elsewhere_breaks_the_rules_of_learning(code, why, bring, layer):
    bring(f"import urllib.request\nWordVotes.fit = lambda self, event, data, **_: {code}")

    _, found = check(layer, "mine")

    assert why in found["training is deterministic"]


def test_what_a_backend_does_without_may_be_missing(bring, layer):
    bring("try:\n    import torch_of_another_planet\nexcept ImportError:\n    pass")

    assert check(layer, "mine")[0] == 0


def test_two_classes_take_a_name(bring, layer):
    bring("class Other(LabelStudioMLBase):\n    pass")

    _, found = check(layer, "mine")
    assert "one backend, not Other, WordVotes" in found["training is deterministic"]

    module = layer / "mine" / "__init__.py"
    module.write_text(module.read_text().replace('class_name=""', 'class_name="WordVotes"'))
    assert check(layer, "mine")[0] == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("Choices", "Anything"), "it names no tag"),
        (("class WordVotes", "class"), "no Python"),
    ],
)
def test_what_can_be_no_recipe_is_said_and_nothing_written(change, why, tmp_path, layer):
    (tmp_path / "model.py").write_text(VOTES.read_text().replace(*change))

    ended = run("from-backend", tmp_path / "model.py", "--name", "mine", "--to", layer)

    assert ended.exit_code == 1
    assert why in ended.stderr
    assert [path.name for path in layer.iterdir()] == ["requirements.txt"]


def test_a_recipe_does_not_hide_a_package_that_it_imports(bring, layer):
    bring("import toolz_of_somebody", name="toolz_of_somebody")

    assert (layer / "toolz_of_somebody_backend").is_dir()


def test_nothing_is_written_over(bring, layer):
    bring()

    ended = run("from-backend", VOTES, "--name", "mine", "--to", layer)

    assert ended.exit_code == 1
    assert "there is" in ended.stderr


def test_label_configs_are_read_without_numpy(bring, layer):
    bring()
    script = (
        "import sys; sys.modules['numpy'] = None\n"
        "from labelloop.recipes.own import load_recipe\n"
        "from labelloop.labelstudio.label_config import parse\n"
        f"print(load_recipe({str(layer / 'mine')!r}).read(parse({CONFIG!r})).offered)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)  # noqa: S603

    assert done.returncode == 0, done.stderr
