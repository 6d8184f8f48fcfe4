"""A real torch tunes a small BERT: what `labelloop tune` makes of labels, from export to encoder.

    TUNING_PYTHON=<python with torch, transformers, safetensors> pytest tests/system/test_tuning.py

How much tuning helps on real texts is measured by `make bench-labels ARGS='--tuned PYTHON'`.
"""

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.app import app
from labelloop.cli.encoder_source import Hub
from labelloop.cli.tuning.bert import tensors
from labelloop.cli.tuning.checkpoint import checkpoint
from labelloop.cli.tuning.graph import encoder_of
from labelloop.cli.tuning.training import Settings, tune
from labelloop.recipes.tuned_to import digests_of
from tests import tiny_bert, tiny_encoder
from tests.integration.cli.backtest.exports import task

PYTHON = os.environ.get("TUNING_PYTHON", "")

pytestmark = pytest.mark.skipif(
    not PYTHON, reason="TUNING_PYTHON names a Python with torch, transformers and safetensors"
)


def texts(count: int) -> list[tuple[str, str]]:
    """Return texts of random letters, and whether most of them are early in the alphabet."""
    draw = random.Random(0)
    rows = []
    for place in range(count):
        letters = tiny_encoder.LETTERS[:: (1, -1)[place % 2]]
        words = ["".join(draw.choices(letters, range(26), k=5)) for _ in range(2)]
        rows.append((" ".join(words), ("early", "late")[place % 2]))
    return rows


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    folder = tiny_bert.folder(tmp_path_factory.mktemp("bert"))
    return checkpoint(str(folder), Hub(""), PYTHON)


def contrast(encoder: OnnxEncoder, rows: list[tuple[str, str]]) -> float:
    """Return how much likelier texts of two labels are together than those of one: the loss."""
    vectors = encoder.encode([text for text, _ in rows])
    labels = np.array([label for _, label in rows])
    cosines, is_same = vectors @ vectors.T / 0.1, labels[:, None] == labels[None, :]
    np.fill_diagonal(cosines, -np.inf)
    np.fill_diagonal(is_same, False)
    likely = cosines - np.log(np.exp(cosines).sum(axis=1, keepdims=True))
    return float(-likely[is_same].mean())


def test_texts_of_one_label_come_closer_also_of_those_that_tuning_has_not_seen(start):
    rows = texts(200)
    learnt, unseen = rows[:100], rows[100:]
    progress: list[tuple[int, ...]] = []
    run = [text for text, _ in learnt], [label for _, label in learnt]
    fast = Settings(rate=4e-3)  # for a model of random weights

    first, second = tune(start, [run, run], PYTHON, lambda *done: progress.append(done), fast)

    assert progress == [(step, 80) for step in range(1, 81)]
    assert first == second  # the same labels give the same bytes
    before, after = tensors(start.weights), tensors(first)
    assert before.keys() <= after.keys()
    frozen = "embeddings.word_embeddings.weight"
    assert (before[frozen] == after[frozen]).all()
    plain, tuned = (encoder_of(start, weights, 1) for weights in (start.weights, first))
    assert contrast(tuned, unseen) < contrast(plain, unseen) - 0.5


def test_an_export_becomes_an_encoder(start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [task(place, *row) for place, row in enumerate(texts(60), 1)]
    Path("export.json").write_text(json.dumps(rows))
    for name, body in start.files.items():
        path = Path("bert", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    ran = CliRunner().invoke(
        app,
        ["tune", "export.json", "--from", "bert", "--python", PYTHON, "--anyway", "--json"],
    )

    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["labels"] == 60
    assert told["tuned"] != told["plain"] or told["log_score"] != 0
    tuned = OnnxEncoder(EncoderFiles.named_there(tmp_path / "tuned-encoder"))
    assert tuned.encode(["abc"]).shape == (1, tiny_bert.WIDTH)
    files = EncoderFiles.named_there(tmp_path / "tuned-encoder")
    assert files.tuned_to() == frozenset(digests_of([row["data"]["text"] for row in rows]))
