"""`labelloop tune` where nothing comes of it: all but torch is real.

A program stands in for torch's: it leaves the weights as they are, fails, or is interrupted. What
torch makes of them is in tests/system/test_tuning.py.
"""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.project import Project
from labelloop.cli.app import app
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.ordering.random_share import is_random
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import TrainOutcome, train
from tests import tiny_bert, tiny_encoder
from tests.builders import created, label_config
from tests.builders import task as pool_task
from tests.integration.cli.backtest.exports import project, task
from tests.integration.cli.stacks import Stacks, sign_in

AS_IT_WAS = """
import json, pathlib, shutil, sys
if "-c" not in sys.argv:
    job = json.loads(pathlib.Path(sys.argv[-1]).read_text())
    for run in job["runs"]:
        shutil.copy(pathlib.Path(job["model"], "model.safetensors"), run["to"])
        print(json.dumps({"done": 1, "of": 3}), flush=True)
"""
FAILS = 'import sys\nif "-c" not in sys.argv: sys.exit("no memory left")'
LACKS = 'import sys; sys.exit("ModuleNotFoundError: No module named torch")'
INTERRUPTS = """
import os, pathlib, signal, sys, time
if "-c" not in sys.argv:
    pathlib.Path("trainer.pid").write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
"""


@pytest.fixture
def riddles(tmp_path):
    """An export whose labels depend on letters, with tasks without a label."""
    draw = random.Random(0)
    rows = []
    for place in range(110):
        letters = tiny_encoder.LETTERS[:: (1, -1)[place % 2]]
        text = "".join(draw.choices(letters, weights=range(26), k=12))
        rows.append(task(place + 1, text, ("early", "late")[place % 2]))
        if place >= 95:
            rows[-1]["annotations"] = []
    path: Path = tmp_path / "riddles.json"
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture
def bert(tmp_path):
    return tiny_bert.folder(tmp_path / "bert")


@pytest.fixture
def python(tmp_path):
    """Write a program that stands in for a Python with torch."""

    def write(lines):
        path: Path = tmp_path / "python-with-torch"
        path.write_text(f"#!{sys.executable}\n{lines}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture
def run(tmp_path, monkeypatch, bert):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, exit_code=0):
        given = ["tune", *map(str, arguments), "--from", str(bert), "--json"]
        ran = CliRunner().invoke(app, given)
        assert ran.exit_code == exit_code, ran.output
        return json.loads(ran.stdout.splitlines()[-1])

    return run


def test_an_encoder_that_tuning_does_not_make_better_is_refused(run, riddles, python, tmp_path):
    told = run(riddles, "--python", python(AS_IT_WAS), exit_code=1)

    assert told["is_better"] is False
    assert told["plain"] >= told["tuned"]
    assert "not clearly better on 95 labels that tuning had not seen" in told["error"]
    assert "--anyway" in told["fix"]
    assert not (tmp_path / "tuned-encoder").exists()


def test_it_is_written_all_the_same_if_a_person_wants_it(run, riddles, python, tmp_path):
    told = run(riddles, "--python", python(AS_IT_WAS), "--anyway", "--out", tmp_path / "mine")

    files = {path.name for path in (tmp_path / "mine").iterdir()}
    assert files == {"model.onnx", "tokenizer.json", "encoder.json", "tuned.json", "README.md"}
    assert told["name"].startswith("tuned-")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (project(30), "there are 30 distinct texts with a label, of 2 classes; tuning takes 40"),
        ([task(n, f"text {n}", "one") for n in range(1, 60)], "of 1 class"),
    ],
)
def test_too_few_labels_are_refused(run, python, tmp_path, content, why):
    path = tmp_path / "few.json"
    path.write_text(json.dumps(content))

    assert why in run(path, "--python", python(AS_IT_WAS), exit_code=1)["error"]


def test_another_kind_of_labelling_is_refused(run, riddles, python, tmp_path):
    config = tmp_path / "config.xml"
    config.write_text(
        '<View><Text name="text" value="$text"/><Choices name="kind" toName="text"'
        ' choice="multiple"><Choice value="early"/><Choice value="late"/></Choices></View>'
    )

    told = run(riddles, "--label-config", config, "--python", python(AS_IT_WAS), exit_code=1)

    assert "only one choice of several about a text is tuned to" in told["error"]


def test_a_config_without_predictions_is_refused(run, riddles, python, tmp_path):
    config = tmp_path / "config.xml"
    config.write_text('<View><Text name="t" value="$text"/><TextArea name="a" toName="t"/></View>')

    told = run(riddles, "--label-config", config, "--python", python(AS_IT_WAS), exit_code=1)

    assert "nothing is predicted for this label config" in told["error"]


@pytest.mark.parametrize(
    ("program", "why"),
    [(LACKS, "No module named torch"), (FAILS, "the tuning ended: no memory left")],
)
def test_a_python_that_can_not_tune_is_refused_with_its_words(
    run, riddles, python, tmp_path, program, why
):
    told = run(riddles, "--python", python(program), exit_code=1)

    assert why in told["error"]
    assert "--python" in told["fix"]
    assert not (tmp_path / "tuned-encoder").exists()


def test_packages_of_another_python_do_not_count(run, riddles, tmp_path, monkeypatch):
    """PYTHONPATH, as the local stack sets it, names packages that torch's Python can't load."""
    for name in ("safetensors", "torch", "transformers"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    told = run(riddles, "--python", sys.executable, exit_code=1)

    assert "No module named" in told["error"]


def test_a_folder_that_holds_something_is_refused_before_any_work(run, riddles, tmp_path):
    told = run(riddles, "--python", "nowhere", "--out", riddles.parent, exit_code=1)

    assert "is there already" in told["error"]


@pytest.fixture
def signed_in(world, monkeypatch, tmp_path):
    """A connected project, whose stack one is signed in to."""
    made = Project(S3Store(world.aws.bucket), world.key)
    dataset = Dataset()
    dataset.label_config = label_config("early", "late").replace('"label"', '"kind"')
    made.add_dataset(made.dataset_pointer(), dataset)
    for name, body in tiny_encoder.files().items():  # the stack's own
        world.aws.s3.put_object(Bucket=world.aws.bucket, Key=f"encoders/tiny/{name}", Body=body)
    monkeypatch.setenv("ENCODER", "tiny")
    sign_in(monkeypatch, Stacks({"BucketName": world.aws.bucket}), s3=world.aws.s3)
    monkeypatch.chdir(tmp_path)
    return world


def test_with_a_project_it_is_published_and_switched_to(signed_in, riddles, bert, python):
    project = Project(S3Store(signed_in.aws.bucket), signed_in.key)
    project.pool.add("0001", [pool_task(id_) for id_ in range(1, 51)])

    told = signed_in.told(
        "tune",
        *(str(riddles), "--from", str(bert), "--python", str(python(AS_IT_WAS)), "--anyway"),
    )

    files = EncoderFiles.of(S3Store(signed_in.aws.bucket), told["encoder"])
    assert OnnxEncoder(files).encode(["abc"]).shape == (1, tiny_bert.WIDTH)
    assert told["pool"]["tasks"] == 50
    seen = [n for n in range(1, 96) if not is_random(n, signed_in.key)]
    assert told["labels"] == len(seen) < 95
    assert signed_in.told("options")["options"]["encoder"] == told["encoder"]


def test_labels_that_it_was_tuned_to_are_learnt_from_and_no_evidence(
    signed_in, bert, python, tmp_path
):
    """From the export over the bucket to what a training stores and the status says.

    The page shows a title and a text, which are read as one.
    """
    config = label_config().replace("<View>", '<View><Text name="title" value="$title"/>')
    texts = {n: f"{('good', 'bad')[n % 2]} film {n:03}" for n in range(1, 141)}
    labels = {n: ("Positive", "Negative")[n % 2] for n in texts}
    project = Project(S3Store(signed_in.aws.bucket), signed_in.key)
    project.pool.add("0001", [pool_task(id_) for id_ in range(1_000, 1_050)])
    rows = [task(n, texts[n], labels[n], title=f"no. {n}") for n in texts if n <= 100]
    export = json.dumps(rows).replace('"kind"', '"label"')
    (tmp_path / "export.json").write_text(export)
    dataset = Dataset()
    dataset.label_config = config
    project.add_dataset(project.dataset_pointer(), dataset)

    made = ("--from", str(bert), "--python", str(python(AS_IT_WAS)), "--anyway")
    signed_in.told("tune", "export.json", *made)
    for n, text in texts.items():
        one = replace(created(n, labels[n], text), project=signed_in.key, label_config=config)
        tasks = tuple(replace(each, data=each.data | {"title": f"no. {n}"}) for each in one.tasks)
        project.add_event(f"{n:04}", replace(one, tasks=tasks))
    assert train(WakeUp(signed_in.key, "sweep"), bootstrap.train_deps()) is TrainOutcome.SWITCHED

    record = project.evidence.of(project.active().value.version)
    assert record is not None
    tuned = [n for n in range(1, 101) if not is_random(n, signed_in.key)]
    has_answer = record.out_of_fold.columns.are_finite()
    assert record.tuned.tolist() == record.tasks[~has_answer].tolist() == tuned
    status = "\n".join(signed_in.told("status")["told"])
    assert f"{len(tuned)} of 140 labels are not counted" in status


def test_a_project_without_a_pool_is_refused_before_any_work(signed_in, riddles):
    told = signed_in.told("tune", str(riddles), "--python", "nowhere", exit_code=1)

    assert "has no pool of tasks yet" in told["error"]


def test_an_interruption_leaves_nothing(riddles, bert, python, tmp_path):
    before = {path.name for path in tmp_path.iterdir()} | {"python-with-torch", "trainer.pid"}
    command = [sys.executable, "-m", "labelloop.cli", "tune", str(riddles), "--from", str(bert)]

    ran = subprocess.run(  # noqa: S603 - our own command
        [*command, "--python", str(python(INTERRUPTS))],
        # A shell has what it runs in the background ignore interruptions: these tests, say.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 1
    assert "interrupted" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert {path.name for path in tmp_path.iterdir()} == before
    trainer = int((tmp_path / "trainer.pid").read_text())
    with suppress(ProcessLookupError):
        for _ in range(50):
            os.kill(trainer, 0)
            time.sleep(0.1)
        pytest.fail("the trainer goes on")
