"""`labelloop encoder try`: what an encoder saves on a finished project."""

import json
import random
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from labelloop.cli import try_encoder
from labelloop.recipes.tuned_to import digests_of
from tests import tiny_encoder
from tests.encoder_exports import states, written
from tests.integration.cli.backtest.exports import project, task

pytestmark = pytest.mark.usefixtures("at_once")
QUICK = ("--seeds", "2", "--labels", "30", "--jobs", "1")


@pytest.fixture
def riddles(tmp_path) -> Path:
    """An export that n-grams hardly learn: which letters are frequent tells the label."""
    draw = random.Random(0)
    rows = []
    for place in range(160):
        letters = tiny_encoder.LETTERS[:: (1, -1)[place % 2]]
        words = ["".join(draw.choices(letters, weights=range(26), k=8)) for _ in range(2)]
        rows.append(task(place + 1, " ".join(words), ("early", "late")[place % 2]))
    path: Path = tmp_path / "riddles.json"
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture(autouse=True)
def built(tmp_path, monkeypatch) -> Path:
    """The default encoder's folder, with none in it yet."""
    folder: Path = tmp_path / "built"
    monkeypatch.setattr(try_encoder, "BUILT", folder)
    return folder


def test_an_encoder_that_tells_labels_apart_is_ahead_of_none(run, riddles, export):
    told = run("try", str(export()), str(riddles), *QUICK)

    (against,) = told["saved_over"]
    assert against == "none"
    assert told["saved_over"]["none"]["ahead"] > 0.02
    assert told["tasks"] == 160


def test_the_default_encoder_is_compared_with_if_it_was_built(run, riddles, export, built):
    written(built, tiny_encoder.files())

    told = run("try", str(export()), str(riddles), *QUICK)

    assert set(told["saved_over"]) == {"none", "built-in"}
    assert abs(told["saved_over"]["built-in"]["ahead"]) < 0.05  # it is the same encoder


def test_one_in_the_bucket_is_tried_by_its_name(run, riddles, export, bucket):
    run("add", "mine", "--from", str(export()))

    assert run("try", "mine", str(riddles), *QUICK)["encoder"].startswith("mine-")


def test_one_that_is_neither_folder_nor_name_is_refused(run, riddles, bucket):
    told = run("try", "other", str(riddles), exit_code=1)

    assert told["error"] == "there is no encoder other"
    assert "labelloop encoder list" in told["fix"]


def test_a_broken_one_is_refused_before_anything_is_replayed(run, riddles, export):
    told = run("try", str(export(tokenizer__json="words")), str(riddles), exit_code=1)

    assert "tokenizer.json can't be read" in told["error"]


def test_one_that_knows_none_of_the_sentences_is_tried_by_force(run, riddles, export):
    blind = states(table=np.ones((27, 8), np.float32))
    folder = str(export(**{"onnx/model.onnx": blind.SerializeToString()}))

    assert "--force" in run("try", folder, str(riddles), exit_code=1)["fix"]
    assert run("try", folder, str(riddles), *QUICK, "--force")["runs"]


def test_an_export_that_teaches_nothing_is_refused(run, export, tmp_path):
    path = tmp_path / "few.json"
    path.write_text(json.dumps(project(20)))

    assert "a backtest needs" in run("try", str(export()), str(path), exit_code=1)["error"]


def test_what_it_was_tuned_to_is_left_out(run, riddles, tmp_path):
    rows = json.loads(riddles.read_text())
    body = json.dumps(digests_of([row["data"]["text"] for row in rows[:60]])).encode()
    files = tiny_encoder.files(pooling="pooled", tuned_sha256=sha256(body).hexdigest())
    folder = written(tmp_path / "tuned", files | {"tuned.json": body})

    told = run("try", str(folder), str(riddles), *QUICK)

    assert (told["tuned_to"], told["tasks"]) == (60, 100)
    riddles.write_text(json.dumps(rows[:80]))
    refused = run("try", str(folder), str(riddles), *QUICK, exit_code=1)
    assert "the encoder was tuned to 60 of 80 labels" in refused["error"]
