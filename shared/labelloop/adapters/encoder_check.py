"""Find out how an encoder is to be run, and whether it can be used: by running it.

What a graph does wrong may end the process, so `sandbox` calls `checked`.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from labelloop.adapters.encoder_files import MOST_BYTES, MOST_DIMENSIONS, EncoderFiles, Reading
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.onnx_file import OnnxFile, read_onnx
from labelloop.adapters.sentence_transformers import Described
from labelloop.errors import BadModel
from labelloop.quiet_onnxruntime import session_of

# Five pairs that say nearly the same, in five languages and three scripts. An encoder that knows
# none of them still sees that the words of a pair are the same.
SENTENCES: Final = (
    *("The invoice was paid yesterday.", "The invoice was paid on Monday."),
    *("Der Zug nach Berlin fällt heute aus.", "Der Zug nach Berlin fällt morgen aus."),
    *("El restaurante estaba cerrado el domingo.", "El restaurante estaba cerrado ayer."),
    *("この映画はとても面白かった。", "この映画はとてもつまらなかった。"),
    *("Новый телефон быстро разряжается.", "Новый телефон очень быстро разряжается."),
)
_KNOWN_INPUTS: Final = {"input_ids", "attention_mask", "token_type_ids"}
_POOLED: Final = ("sentence_embedding", "sentence_embeddings", "text_embeds")
_STATES: Final = ("last_hidden_state", "token_embeddings", "hidden_states")
_QUANTISES: Final = "DynamicQuantize"  # how the names of operators that do it begin
_LEAST_NEAREST: Final = 8  # of ten sentences whose nearest one is its partner
_LEAST_NEARER: Final = 0.01  # by cosine, on average
_SAME: Final = 1e-4
_SHORT: Final = 6  # tokens: each of the sentences has as many
_LEAST_OF_VOCABULARY: Final = 0.9
_MEASUREMENTS: Final = 3
_REPEATS: Final = 40  # of the sentences: more tokens than any encoder reads
_MEGABYTE: Final = 1 << 20
_EXPORT: Final = "export it: optimum-cli export onnx --model ... --task feature-extraction FOLDER"
_ALL_OF_IT: Final = "export all of it: optimum-cli export onnx --library sentence_transformers ..."
_CHECK: Final = (
    "check --pooling, --prefix and --output, and that the tokenizer is the model's; if it knows "
    "none of English, German, Spanish, Japanese and Russian: --force"
)
_TOGETHER: Final = "write both anew from one model: model and tokenizer, .save_pretrained(FOLDER)"


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an encoder is, for `sandbox`: all of it is JSON.

    `given`: the `folder` of its model.onnx and tokenizer.json, its `name`, what is `wanted` of it
    (`Described`), `texts` to measure the speed on, and whether it `is_forced`, whatever it makes of
    the ten sentences. Returned are its `description`, as encoder.json has it, its full `name`,
    milliseconds a text of the ten sentences (`ms`) and of the given ones (`own_ms`, 0 without any),
    the most memory that it took in MB, and the `doubt` that was put aside. BadModel says why it
    can't be used.
    """
    folder, wanted = Path(given["folder"]), Described(**given["wanted"])
    contents = {name: (folder / name).read_bytes() for name in ("model.onnx", "tokenizer.json")}
    encoder, description = _described(given["name"], contents, wanted)
    _demand_whole_length(encoder, wanted.max_tokens)
    vectors = _sound(encoder)
    doubt = _doubt(vectors)
    if doubt and not given["is_forced"]:
        raise BadModel(doubt, _CHECK)
    texts = given["texts"]
    return {
        "description": description,
        "name": encoder.name,
        "ms": _ms(encoder, SENTENCES),
        "own_ms": _ms(encoder, texts) if texts else 0.0,
        "peak_mb": _peak_mb(),
        "doubt": doubt,
    }


def _described(
    name: str, contents: Mapping[str, bytes], wanted: Described
) -> tuple[OnnxEncoder, dict[str, Any]]:
    """Return the encoder, and its description."""
    graph = read_onnx(contents["model.onnx"], MOST_BYTES)
    outputs = _outputs(contents, graph, wanted)
    output, pooling = _chosen(outputs, wanted)
    description = {
        "name": name,
        "model_sha256": graph.sha256,
        "tokenizer_sha256": sha256(contents["tokenizer.json"]).hexdigest(),
        "dimensions": int(outputs[output].shape[-1]),
        "max_tokens": wanted.max_tokens,
    }
    is_alone = any(one.rpartition(":")[2].startswith(_QUANTISES) for one in graph.operators)
    named = "" if output == graph.outputs[0].name else output
    reading = Reading(pooling, wanted.prefix, named, is_alone)
    encoder = _made(name, contents, description, reading)
    short = _made(name, contents, description | {"max_tokens": _SHORT}, reading)
    if not is_alone and _depends_on_others(short):
        reading = replace(reading, is_alone=True)
        encoder = _made(name, contents, description, reading)
    return encoder, description | reading.to_json()


def _made(
    name: str, contents: Mapping[str, bytes], description: dict[str, Any], reading: Reading
) -> OnnxEncoder:
    body = json.dumps(description | reading.to_json()).encode()
    return OnnxEncoder(EncoderFiles.held(name, {**contents, "encoder.json": body}))


def _tokenizer(body: bytes) -> Tokenizer:
    try:
        made = Tokenizer.from_str(body.decode())
        made.no_padding()
        made.no_truncation()
    except Exception as exc:  # the library raises plain exceptions
        raise BadModel(f"tokenizer.json can't be read: {_said(exc)}", _TOGETHER) from None
    return made


def _session(body: bytes, graph: OnnxFile) -> Any:
    inputs = {slot.name: slot.type for slot in graph.inputs}
    if "input_ids" not in inputs or inputs.keys() - _KNOWN_INPUTS:
        raise BadModel(
            f"the graph wants {', '.join(sorted(inputs))}; an encoder of texts wants input_ids, "
            "and may want attention_mask and token_type_ids",
            _EXPORT,
        )
    if set(inputs.values()) != {"int64"}:
        raise BadModel("the graph's inputs are not all int64", _EXPORT)
    try:
        return session_of(body)
    except Exception as exc:  # onnxruntime raises types of its own for a bad file
        raise BadModel(f"onnxruntime does not load the graph: {_said(exc)}", _EXPORT) from None


def _outputs(
    contents: Mapping[str, bytes], graph: OnnxFile, wanted: Described
) -> dict[str, NDArray[Any]]:
    """Return what the graph gives for two texts of three tokens, by name."""
    tokenizer = _tokenizer(contents["tokenizer.json"])
    size, last = tokenizer.get_vocab_size(), max(tokenizer.get_vocab().values(), default=0)
    if wanted.vocabulary and size / wanted.vocabulary < _LEAST_OF_VOCABULARY:
        known = f"the tokenizer knows {size:,} tokens and the model {wanted.vocabulary:,}"
        raise BadModel(f"{known}: they do not belong together", _TOGETHER)
    session = _session(contents["model.onnx"], graph)
    names = [slot.name for slot in graph.outputs]

    def run(ids: list[list[int]]) -> dict[str, NDArray[Any]]:
        rows = np.array(ids, np.int64)
        known = {"attention_mask": np.ones_like(rows), "token_type_ids": np.zeros_like(rows)}
        known |= {"input_ids": rows}
        feed = {slot.name: known[slot.name] for slot in graph.inputs}
        return dict(zip(names, session.run(None, feed), strict=True))

    try:
        outputs, longer = run([[0] * 3] * 2), run([[0] * 5] * 2)
    except Exception as exc:  # onnxruntime raises types of its own
        raise BadModel(f"the graph does not run on two texts: {_said(exc)}", _EXPORT) from None
    try:
        run([[0, last, 0]])
    except Exception:
        unknown = f"the tokenizer has token {last:,}, which the graph does not know"
        raise BadModel(f"{unknown}: they do not belong together", _TOGETHER) from None
    steady = {n: value for n, value in outputs.items() if _width(value) == _width(longer[n])}
    if not steady:
        raise BadModel("all that the graph gives is as long as the text is: no vectors", _EXPORT)
    return steady


def _width(value: Any) -> int:
    return int(np.shape(value)[-1]) if np.ndim(value) else 0


def _chosen(outputs: dict[str, NDArray[Any]], wanted: Described) -> tuple[str, str]:
    """Return which output is read, and how it is pooled."""
    ranks = {name: np.ndim(value) for name, value in outputs.items()}
    if wanted.output and wanted.output not in ranks:
        raise BadModel(
            f"there is no output {wanted.output}; there are: {', '.join(ranks)}",
            "name one of these: --output",
        )
    usable = {
        name: ranks[name]
        for name in ([wanted.output] if wanted.output else ranks)
        if _is_of_texts(outputs[name])
    }
    if not usable:
        shapes = ", ".join(f"{name} {np.shape(value)}" for name, value in outputs.items())
        raise BadModel(
            f"no output has vectors of texts or states of tokens; of two texts of three tokens: "
            f"{shapes}",
            _EXPORT,
        )
    pooled = _first(usable, 2, _POOLED)
    states = _first(usable, 3, _STATES)
    if pooled and (wanted.pooling == "pooled" or pooled in _POOLED or not states):
        if wanted.pooling in ("mean", "cls") and not states and wanted.output:
            raise BadModel(f"{pooled} has a vector for each text already", "add --pooling pooled")
        return pooled, "pooled"
    if wanted.pooling == "pooled" or wanted.has_more:
        steps = f", which {', '.join(wanted.has_more)} follow on" if wanted.has_more else ""
        raise BadModel(
            f"the graph gives states of tokens{steps}, and no vectors of texts",
            _ALL_OF_IT,
        )
    if not wanted.pooling:
        raise BadModel(
            f"{states} has states of tokens, and no file says how they become a vector",
            "the model's page does: add --pooling mean, or --pooling cls",
        )
    return states, wanted.pooling


def _is_of_texts(value: Any) -> bool:
    """Say whether an output has floats for two texts of three tokens: by text, or by token."""
    shape = np.shape(value)
    is_float = getattr(value, "dtype", None) in (np.float32, np.float16, np.float64)
    fits = len(shape) in (2, 3) and shape[0] == 2 and (len(shape) == 2 or shape[1] == 3)
    return bool(is_float and fits and 1 <= shape[-1] <= MOST_DIMENSIONS)


def _first(ranks: dict[str, int], rank: int, preferred: Sequence[str]) -> str:
    found = [name for name, own in ranks.items() if own == rank]
    return next((name for name in preferred if name in found), found[0] if found else "")


def _depends_on_others(encoder: OnnxEncoder) -> bool:
    """Say whether a text's vector differs beside others. `encoder`: one that cuts all to a length.

    Only texts of one length share a call.
    """
    together = encoder.encode(SENTENCES)
    alone = np.concatenate([encoder.encode([text]) for text in SENTENCES])
    return bool(np.abs(together - alone).max() > _SAME)


def _sound(encoder: OnnxEncoder) -> NDArray[np.float32]:
    """Return the vectors of the ten sentences; BadModel if they can't be used."""
    vectors = encoder.encode(SENTENCES)
    if not np.isfinite(vectors).all():
        raise BadModel("its vectors are not finite", _EXPORT)
    if np.square(vectors).sum(axis=1).min() < 1 / 2:
        raise BadModel("its vectors are zero for some of ten sentences", _EXPORT)
    again = np.concatenate([encoder.encode([text]) for text in SENTENCES])
    if np.abs(again - vectors).max() > _SAME:
        raise BadModel("a text has another vector each time, or beside other texts", _EXPORT)
    return vectors


def _doubt(vectors: NDArray[np.float32]) -> str:
    """Return why the vectors of the ten sentences make no sense, empty if they do."""
    cosines = vectors @ vectors.T
    partner = np.arange(len(vectors)) ^ 1
    own = cosines[np.arange(len(vectors)), partner]
    np.fill_diagonal(cosines, -np.inf)
    nearest = int((own >= cosines.max(axis=1) - _SAME).sum())
    others = (vectors @ vectors.T).sum() - len(vectors) - own.sum()
    nearer = own.mean() - others / (len(vectors) * (len(vectors) - 2))
    if nearest >= _LEAST_NEAREST and nearer >= _LEAST_NEARER:
        return ""
    return (
        f"texts that say nearly the same are no closer than others: of ten sentences {nearest} "
        f"have their partner nearest, by {nearer:.3f} on average"
    )


def _demand_whole_length(encoder: OnnxEncoder, tokens: int) -> None:
    """Raise BadModel unless the graph takes a text of as many tokens as are read."""
    try:
        is_finite = bool(np.isfinite(encoder.encode([" ".join(SENTENCES) * _REPEATS])).all())
    except Exception as exc:  # onnxruntime raises types of its own
        why = f"the graph does not take a text of {tokens} tokens: {_said(exc)}"
        raise BadModel(why, "say how many it takes: --max-tokens") from None
    if not is_finite:
        raise BadModel(f"the vector of a text of {tokens} tokens is not finite", _EXPORT)


def _ms(encoder: OnnxEncoder, texts: Sequence[str]) -> float:
    """Return the milliseconds that a text takes, the median of some runs."""
    times = []
    for _ in range(_MEASUREMENTS):
        began = time.perf_counter()
        encoder.encode(texts)
        times.append(1_000 * (time.perf_counter() - began) / len(texts))
    return round(median(times), 2)


def _said(exc: Exception) -> str:
    return " ".join(str(exc).split())[:300]


def _peak_mb() -> int:
    """Return the most memory that this process had at a time; 0 if the system doesn't say."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // _MEGABYTE
