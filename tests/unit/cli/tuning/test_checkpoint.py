"""What can be tuned, and what a tuned encoder is made of."""

import json

import numpy as np
import pytest

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.encoder_source import Hub
from labelloop.cli.tuning import bert
from labelloop.cli.tuning.checkpoint import checkpoint
from labelloop.cli.tuning.graph import encoder_files
from labelloop.errors import Rejected
from tests import tiny_bert

NO_HUB = Hub("https://hub.invalid")


def opened(folder):
    return checkpoint(str(folder), NO_HUB, "no-python")


def test_the_graph_is_the_layers_own():
    import layers.encoder.bert

    assert bert.__file__
    assert layers.encoder.bert.__file__
    with open(bert.__file__) as ours, open(layers.encoder.bert.__file__) as theirs:  # noqa: PTH123
        assert ours.read() == theirs.read()


def test_a_folder_becomes_an_encoder_with_its_weights(tmp_path):
    start = opened(tiny_bert.folder(tmp_path))

    encoder = OnnxEncoder(EncoderFiles.held("tuned", encoder_files(start, start.weights)))

    vectors = encoder.encode(["abc", "xyz"])
    assert vectors.shape == (2, tiny_bert.WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_prefix_stays(tmp_path):
    folder = tiny_bert.folder(tmp_path)
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    start = opened(folder)

    described = json.loads(encoder_files(start, start.weights)["encoder.json"])

    assert start.described.prefix == described["prefix"] == "query: "


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model_type": "roberta"}, "model_type is roberta"),
        ({"model_type": None}, "model_type is None"),
        ({"hidden_act": "relu"}, "hidden_act is relu"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is relative_key"),
    ],
)
def test_another_architecture_is_refused(tmp_path, changes, why):
    with pytest.raises(Rejected, match=why):
        opened(tiny_bert.folder(tmp_path, **changes))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_refused(tmp_path, name):
    folder = tiny_bert.folder(tmp_path)
    (folder / name).unlink()

    with pytest.raises(Rejected, match=f"has no {name}"):
        opened(folder)


def test_other_vectors_than_the_mean_are_refused(tmp_path):
    folder = tiny_bert.folder(tmp_path)
    first = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(first))

    with pytest.raises(Rejected, match="its vectors are made by cls"):
        opened(folder)


def test_weights_of_another_model_are_refused(tmp_path):
    folder = tiny_bert.folder(tmp_path)
    weights = {f"bert.{name}": one for name, one in tiny_bert.checkpoint().items()}
    (folder / "model.safetensors").write_bytes(tiny_bert.safetensors(weights))
    start = opened(folder)

    with pytest.raises(Rejected, match=r"not a BERT's: .*embeddings"):
        encoder_files(start, start.weights)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(Rejected, match="there is no folder"):
        opened(tmp_path / "nowhere")
