"""`labelloop export`: the folders it writes, and the lines in their README, run as they stand."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.project import Project
from labelloop.cli import exported_model
from labelloop.cli.app import app
from labelloop.domain.intake.folding import fold
from labelloop.domain.ordering.random_share import is_random
from labelloop.messages import WakeUp
from labelloop.recipes import BUILT_IN, control_of, load
from labelloop.recipes.built_in import IMPORTED
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome, train
from tests import tiny_encoder, tiny_images
from tests.builders import LABELS, PROJECT, annotation, created, event, label_config, task
from tests.deps import training_deps
from tests.fakes import Clock, MemoryQueue
from tests.integration.cli.stacks import Stacks, sign_in
from tests.kinds.example import Example
from tests.kinds.numbers import EXAMPLE as NUMBERS
from tests.multilingual import SCRIPTS
from tests.onnx_models import artefact_of, text_pipeline

TEXTS = [text for texts in SCRIPTS.values() for text in texts]
ODD = ["", " ", "nothing known qqq", "ﬁne ﬁlm", "x" * 25_000, *TEXTS[1::2]]


@pytest.fixture
def bucket(aws, monkeypatch) -> S3Store:
    """The bucket of a stack that one is signed in to."""
    sign_in(monkeypatch, Stacks({"BucketName": aws.bucket}), s3=aws.s3)
    monkeypatch.setattr(exported_model, "BUILT", Path("/nowhere"))
    return S3Store(aws.bucket)


@pytest.fixture
def learn(bucket) -> Callable[..., Project]:
    """Have a project learn labelled texts."""

    def learn(*events: Any, tools: Toolbox | None = None) -> Project:
        project = Project(bucket, PROJECT)
        for place, one in enumerate(events):
            project.add_event(f"{place:04d}", one)
        queue: Any = MemoryQueue()
        deps = training_deps(bucket, queue, Clock(), tools=tools or Toolbox())
        assert train(WakeUp(PROJECT, "sweep"), deps) is TrainOutcome.SWITCHED
        return project

    return learn


def labelled(texts: list[str]) -> list[Any]:
    return [
        created(place + 1, ("Positive", "Negative")[place % 2], text)
        for place, text in enumerate(texts)
    ]


def run(*arguments: str, exit_code: int = 0) -> Any:
    ran = CliRunner().invoke(app, ["export", *arguments])
    assert ran.exit_code == exit_code, ran.output
    return ran


def lines_of(folder: Path) -> str:
    """Return the lines of Python in a folder's README."""
    (lines,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    return str(lines)


def predicted(folder: Path, argument: str, **environment: str) -> Any:
    """Run the README's lines in the folder; return the JSON or the literal that they print."""
    (folder / "predict.py").write_text(lines_of(folder))
    quiet = {"ORT_DISABLE_TELEMETRY": "1", "PATH": os.environ["PATH"]} | environment
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "predict.py", argument],
        cwd=folder,
        env=quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.replace("'", '"'))


def test_the_dataset_has_a_line_for_each_labelled_task(learn, tmp_path):
    learn(*labelled(TEXTS))

    run("38", "dataset", "--to", str(tmp_path / "new" / "folder"), "--json")

    written = (tmp_path / "new/folder/dataset.jsonl").read_text()
    rows = [json.loads(line) for line in written.splitlines()]
    assert [row["task"] for row in rows] == list(range(1, len(TEXTS) + 1))
    assert [row["input"] for row in rows] == TEXTS
    assert [row["label"] for row in rows[:2]] == ["Positive", "Negative"]
    assert [row["random_share"] for row in rows] == [
        is_random(row["task"], PROJECT) for row in rows
    ]
    assert {row["annotators"] for row in rows} == {1}
    assert set(rows[0]) == {
        *("task", "data", "input", "label", "annotators"),
        *("created_at", "labelled_at", "random_share"),
    }
    assert (tmp_path / "new/folder/label_config.xml").read_text() == label_config()


def answers_of(folder: Path, project: Project, texts: list[str], tools: Toolbox) -> list[dict]:
    """Return what the stack answers for texts, by class."""
    version = project.active().value
    model = load(version.recipe, project.model(version.version) or b"")
    control = control_of(label_config())
    said = model.answer(control.features(texts, tools))
    probabilities = said.columns.array("probabilities")
    assert probabilities is not None
    return [dict(zip(said.names, row.tolist(), strict=True)) for row in probabilities]


def test_a_model_without_an_encoder_predicts_in_ten_lines_of_onnxruntime(learn, tmp_path):
    project = learn(*labelled(TEXTS))

    run("38", "model", "--to", str(tmp_path))

    assert len(lines_of(tmp_path).splitlines()) == 10
    assert "labelloop." not in lines_of(tmp_path)
    expected = answers_of(tmp_path, project, ODD, Toolbox())
    for text, answer in zip(ODD, expected, strict=True):
        found = predicted(tmp_path, text)
        assert found.keys() == answer.keys()
        assert list(found.values()) == pytest.approx(list(answer.values()), abs=1e-6)
    assert np.ptp([answer["Positive"] for answer in expected]) > 0.1, "they differ"


@pytest.fixture
def tiny(bucket, tmp_path_factory) -> tuple[Path, Toolbox]:
    """An encoder in a folder, and the tools of a stack with it."""
    folder = tmp_path_factory.mktemp("tiny")
    for name, body in tiny_encoder.files().items():
        (folder / name).write_bytes(body)
    loaded = OnnxEncoder(EncoderFiles.in_folder("tiny", folder))
    return folder, Toolbox(loaded.name, lambda: loaded)


LATIN = [f"a {word} film of {name}" for name in "abcdefgh" for word in ("good", "poor")]


@pytest.mark.parametrize("lies_in", ["bucket", "folder"])
def test_a_model_with_an_encoder_comes_with_its_files_and_the_lines(
    learn, tiny, bucket, tmp_path, lies_in
):
    folder, tools = tiny
    project = learn(*labelled(LATIN), tools=tools)
    if lies_in == "bucket":
        for file in folder.iterdir():
            bucket.create(f"encoders/tiny/{file.name}", file.read_bytes())
    given = [] if lies_in == "bucket" else ["--encoder", str(folder)]

    run("38", "model", "--to", str(tmp_path), *given)

    assert len(lines_of(tmp_path).splitlines()) == 20
    texts = ["a good film", "poor poor zzz", "b"]
    for text, answer in zip(texts, answers_of(tmp_path, project, texts, tools), strict=True):
        found = predicted(tmp_path, text)
        assert list(found.values()) == pytest.approx(list(answer.values()), abs=1e-5)


def test_where_the_encoder_is_not_to_be_had_the_folder_says_so(learn, tiny, tmp_path):
    folder, tools = tiny
    learn(*labelled(LATIN), tools=tools)
    (folder / "encoder.json").write_bytes(tiny_encoder.files(max_tokens=9)["encoder.json"])

    told = json.loads(
        run("38", "model", "--to", str(tmp_path), "--encoder", str(folder), "--json").stdout
    )

    assert not told["is_whole"]
    assert "```" not in (tmp_path / "README.md").read_text()
    assert "--encoder" in (tmp_path / "README.md").read_text()


def examples_of(kind: Example) -> list[Any]:
    """Return events of a kind's tasks, labelled as its people do."""
    return [
        event(
            label_config=kind.config,
            tasks=(replace(task(place + 1), data=data),),
            annotations=(annotation(place + 1, result=kind.answer(data)),),
        )
        for place, data in enumerate(kind.tasks[:60])
    ]


ALONE = {"text_choices"}  # the lines of the others take the package
OF_IMAGES = {"image_choices", "several_image_choices", "texts_and_images"}
ORDERED_ALONE = {"order_alone", "order_by_images"}
LEARNING = (
    set(BUILT_IN) - ORDERED_ALONE - set(IMPORTED)
)  # by the recipe of what people imported: below
KINDS = {name: import_module(f"tests.kinds.{name}").EXAMPLE for name in LEARNING | ORDERED_ALONE}


@pytest.mark.parametrize("kind", sorted(LEARNING - ALONE - OF_IMAGES))
def test_the_lines_of_each_other_kind_predict_what_the_stack_does(learn, tmp_path, kind):
    example: Example = KINDS[kind]
    project = learn(*examples_of(example))

    run("38", "model", "--to", str(tmp_path))

    version = project.active().value
    control = control_of(example.config)
    model = load(version.recipe, project.model(version.version) or b"")
    inputs = [control.input_of(data) for data in example.tasks]
    results = control.results(model.answer(control.features(inputs, Toolbox())))
    data, expected = next(pair for pair in zip(example.tasks, results, strict=True) if pair[1])
    assert version.recipe == kind
    assert "Labelloop's own code" in (tmp_path / "README.md").read_text()
    package = str(Path(bootstrap.__file__).parents[1])
    found = predicted(tmp_path, json.dumps(data), PYTHONPATH=package)
    assert without_chance(found) == without_chance(json.loads(json.dumps(expected)))


def without_chance(results: list[dict]) -> list[dict]:
    """Leave out what differs from call to call: ids, and the last digits of a confidence."""
    return [
        {name: value for name, value in region.items() if name not in ("id", "score")}
        | {"score": pytest.approx(region.get("score", 0), abs=1e-5)}
        for region in results
    ]


@pytest.mark.parametrize("kind", sorted(OF_IMAGES))
def test_a_model_of_images_says_why_its_files_alone_do_not_predict(learn, tmp_path, kind):
    learn(*examples_of(KINDS[kind]), tools=tiny_images.toolbox())

    told = json.loads(run("38", "model", "--to", str(tmp_path), "--json").stdout)

    text = (tmp_path / "README.md").read_text()
    assert not told["is_whole"]
    assert "```" not in text
    assert "fetches,\ndecodes and scales" in text
    assert f'"{kind}"' in text


def test_of_what_is_only_ordered_there_is_no_model_to_export(bucket, tmp_path):
    project = Project(bucket, PROJECT)
    after = project.dataset_pointer()
    events = examples_of(KINDS["order_alone"])
    project.add_dataset(after, fold(project.dataset(after.value), events))

    assert "no model yet" in run("38", "model", "--to", str(tmp_path), exit_code=1).stderr


def test_a_model_of_a_recipe_that_is_not_installed_here_is_exported_all_the_same(
    learn, tmp_path, bucket
):
    project = learn(*labelled(TEXTS))
    active = project.active()
    made = project.card(active.value.version)
    assert made
    project.add_model(b"mine", replace(made, version="9-aaaaaaaa", recipe="sentiment"))
    project.switch(active, replace(active.value, version="9-aaaaaaaa", recipe="sentiment"), {})

    run("38", "model", "--to", str(tmp_path))

    assert "recipe of your own `sentiment`" in (tmp_path / "README.md").read_text()
    assert (tmp_path / "model.onnx").read_bytes() == b"mine"


def test_the_label_config_is_the_one_that_the_model_learnt(learn, tmp_path):
    project = learn(*examples_of(NUMBERS))
    another = NUMBERS.config.replace("<Rating", "<Number").replace('maxRating="5"', 'max="100"')
    before = project.dataset_pointer()
    config = event(label_config=another, project_updated_at="2026-11-23T10:00:00.000000+00:00")
    project.add_dataset(before, fold(project.dataset(before.value), [config]))  # not learnt yet

    run("38", "model", "--to", str(tmp_path))

    assert (tmp_path / "label_config.xml").read_text() == NUMBERS.config
    package = str(Path(bootstrap.__file__).parents[1])
    (region,) = predicted(tmp_path, json.dumps(NUMBERS.tasks[70]), PYTHONPATH=package)
    assert region["type"] == "rating"
    assert 1 <= region["value"]["rating"] <= 5


def test_an_imported_model_predicts_with_the_package_and_needs_no_encoder(
    learn, bucket, tiny, tmp_path
):
    _, tools = tiny
    project = learn(*labelled(LATIN), tools=tools)
    labels = [("Positive", "Negative")["poor" in text] for text in LATIN]
    project.imports.add("1", artefact_of(text_pipeline(LATIN, labels), LABELS), is_forced=True)
    queue: Any = MemoryQueue()
    train(WakeUp(PROJECT, "start_training"), training_deps(bucket, queue, Clock(), tools=tools))

    told = json.loads(run("38", "model", "--to", str(tmp_path), "--json").stdout.splitlines()[-1])

    assert (told["is_whole"], told["encoder"]) == (True, "")
    package = str(Path(bootstrap.__file__).parents[1])
    (region,) = predicted(tmp_path, json.dumps({"text": "a good film"}), PYTHONPATH=package)
    assert region["value"]["choices"] == ["Positive"]


@pytest.mark.parametrize("what", ["dataset", "model"])
def test_a_project_that_is_not_there_is_told(bucket, tmp_path, what):
    ran = run("39", what, "--to", str(tmp_path), exit_code=1)

    assert "nothing is stored of project 39" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_project_without_a_model_is_told(bucket, tmp_path):
    Project(bucket, PROJECT).add_event("a", created(1))

    assert "has no model yet" in run("38", "model", "--to", str(tmp_path), exit_code=1).stderr
    assert "no label" in run("38", "dataset", "--to", str(tmp_path), exit_code=1).stderr


def test_of_two_projects_of_a_number_one_is_to_be_named(bucket, tmp_path):
    for key in (PROJECT, "38.1795398699"):
        Project(bucket, key).add_event("a", created(1))

    ran = run("38", "dataset", "--to", str(tmp_path), exit_code=1)

    assert "several projects 38" in ran.stderr


def test_a_folder_that_cannot_be_made_is_told(learn, tmp_path):
    learn(*labelled(TEXTS))
    (tmp_path / "file").write_text("")

    ran = run("38", "model", "--to", str(tmp_path / "file" / "x"), exit_code=1)

    assert "Not a directory" in ran.stderr


def test_another_thing_than_these_is_a_wrong_command_line(bucket, tmp_path):
    run("38", "labels", "--to", str(tmp_path), exit_code=2)
    run("38", "model", exit_code=2)
