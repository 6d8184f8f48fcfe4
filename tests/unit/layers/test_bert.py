"""The encoder's graph: BERT, as its formulas say."""

from math import erf
from typing import Any

import numpy as np
import pytest

from labelloop.quiet_onnxruntime import ort
from layers.encoder.bert import bert, lower, tensors
from tests.tiny_bert import CONFIG, HEADS, PLACES, WIDTH, WORDS, checkpoint, safetensors


def reference(weights: dict[str, Any], ids: list[int]) -> Any:
    """Return the vector of one text: the mean of its tokens' last states, of unit length."""
    mean = states(weights, ids, CONFIG["num_hidden_layers"]).mean(0)
    return mean / np.linalg.norm(mean)


def states(weights: dict[str, Any], ids: list[int], blocks: int) -> Any:
    """Return the states of one text's tokens by the formulas of the paper, in float64."""
    table = {name: values.astype(np.float64) for name, values in weights.items()}

    def linear(x, name):
        return x @ table[f"{name}.weight"].T + table[f"{name}.bias"]

    def normalised(x, name):
        centred = x - x.mean(-1, keepdims=True)
        unit = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return unit * table[f"{name}.weight"] + table[f"{name}.bias"]

    x = table["embeddings.word_embeddings.weight"][ids]
    x = x + table["embeddings.position_embeddings.weight"][: len(ids)]
    x = normalised(x + table["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    each = WIDTH // HEADS
    for layer in range(blocks):
        name = f"encoder.layer.{layer}."
        asked, keys, values = (
            linear(x, f"{name}attention.self.{part}") for part in ("query", "key", "value")
        )
        mixed = np.empty_like(x)
        for head in range(HEADS):
            at = slice(head * each, (head + 1) * each)
            scores = np.exp(asked[:, at] @ keys[:, at].T / np.sqrt(each))
            mixed[:, at] = scores / scores.sum(-1, keepdims=True) @ values[:, at]
        attended = linear(mixed, f"{name}attention.output.dense")
        x = normalised(x + attended, f"{name}attention.output.LayerNorm")
        inner = linear(x, f"{name}intermediate.dense")
        inner = inner * (1 + np.vectorize(erf)(inner / np.sqrt(2))) / 2
        x = normalised(x + linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")
    return x


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    """Weights that 8 bits hold exactly: the graph's arithmetic is compared, not the rounding."""
    rounded = checkpoint()
    for name, values in rounded.items():
        if values.ndim == 2:
            scales = np.float32(1 / 64)
            rounded[name] = np.clip(np.rint(values / scales / 2), -127, 127).astype("<f4") * scales
            rounded[name][:, 0] = 127 * scales
            rounded[name][0, :] = 127 * scales
    return rounded


@pytest.mark.parametrize("count", [1, 2, 7, PLACES])
def test_the_graph_computes_what_the_formulas_say(weights, count):
    session = ort.InferenceSession(
        bert(safetensors(weights), CONFIG, PLACES).SerializeToString(),
        providers=["CPUExecutionProvider"],
    )
    ids = np.random.default_rng(count).integers(0, WORDS, (5, count))

    (vectors,) = session.run(None, {"input_ids": ids})

    expected = np.array([reference(weights, row.tolist()) for row in ids])
    assert np.abs(vectors - expected).max() < 1e-5


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_the_lower_graph_computes_the_states_of_tokens(weights, blocks):
    session = ort.InferenceSession(
        lower(safetensors(weights), CONFIG, PLACES, blocks).SerializeToString(),
        providers=["CPUExecutionProvider"],
    )
    ids = np.random.default_rng(4).integers(0, WORDS, (5, 7))

    (found,) = session.run(None, {"input_ids": ids})

    expected = np.array([states(weights, row.tolist(), blocks) for row in ids])
    assert np.abs(found - expected).max() < 1e-5


def test_weights_are_stored_in_a_quarter_of_their_bytes():
    weights = checkpoint()
    model = bert(safetensors(weights), CONFIG, PLACES)

    stored = {one.data_type for one in model.graph.initializer if len(one.dims) == 2}
    int8, positions_and_scales = 3, 1
    assert stored == {int8, positions_and_scales}


def test_a_safetensors_file_is_read_as_it_was_written():
    weights = checkpoint()

    read = tensors(safetensors(weights))

    assert read.keys() == weights.keys()
    assert all((read[name] == weights[name]).all() for name in weights)
