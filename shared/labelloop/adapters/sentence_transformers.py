"""What a folder that sentence-transformers or a hub wrote says of an encoder.

    modules.json                        which steps make a vector: transformer, pooling, normalise
    1_Pooling/config.json               how the tokens' states become one vector
    sentence_bert_config.json           how many tokens are read
    config_sentence_transformers.json   prompts, and which one is the default
    config.json, tokenizer_config.json  how many tokens and which vocabulary the model has
    tokenizer.json                      in the format of the library tokenizers
    README.md                           the model card, which begins with languages and licence
    onnx/model*.onnx                    exports of one model: as it is, quantised, for a processor

All of them but tokenizer.json and a graph may be missing.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.adapters.encoder_files import MOST_TOKENS
from labelloop.errors import Rejected

TOKENIZER: Final = "tokenizer.json"
_CARD: Final = "README.md"
# Quantised ones that any processor of Lambda runs, the smallest loss first; then the plain export.
_PREFERRED: Final = (
    *("model_quantized", "model_int8", "model_quint8_avx2", "model_qint8_avx512_vnni"),
    *("model_qint8_avx512", "model_uint8", "model_qint8_arm64"),
    *("model", "model_optimized", "model_O2", "model_O1", "model_O3"),
)
_POOLINGS: Final = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
_HARMLESS: Final = ("Transformer", "Pooling", "Normalize")
_UNLIMITED: Final = 1_000_000  # tokens; a tokenizer without a limit names a much larger number
_FAST: Final = (
    "save the tokenizer with AutoTokenizer.from_pretrained(...).save_pretrained(FOLDER): that "
    "writes tokenizer.json"
)
_EXPORT: Final = "export it: optimum-cli export onnx --model ... --task feature-extraction FOLDER"


@dataclass(frozen=True)
class Source:
    """A folder's files: the sizes in bytes by name, and what reads a small one."""

    sizes: Mapping[str, int]
    read: Callable[[str], bytes]

    def json(self, name: str) -> dict[str, Any]:
        """Return a file's JSON object; empty if it is missing. Rejected if it is none."""
        value = self._parsed(name)
        if not isinstance(value, dict):
            raise Rejected(f"{name} holds no JSON object", "write the folder anew")
        return value

    def _parsed(self, name: str) -> Any:
        if name not in self.sizes:
            return {}
        try:
            return json.loads(self.read(name))
        except (ValueError, RecursionError):
            raise Rejected(f"{name} can't be read as JSON", "write the folder anew") from None

    def modules(self) -> list[str]:
        """Return the kinds of steps that make a vector, empty if that is not said."""
        rows = self._parsed("modules.json")
        rows = rows if isinstance(rows, list) else []
        kinds = [row.get("type") for row in rows if isinstance(row, dict)]
        return [str(kind).rpartition(".")[2] for kind in kinds]


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of an encoder, over what its files say. None, or empty: not said."""

    model: str = ""
    pooling: str = ""
    prefix: str | None = None
    max_tokens: int | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of an encoder before it has run.

    `pooling`: empty if it depends on the graph; `vocabulary`: how many tokens the model knows, 0
    if that is not said; `prompts`: those by name that could be the prefix; `has_more`: whether
    steps follow on the pooling that only the graph itself can hold.
    """

    model: str
    pooling: str
    prefix: str
    max_tokens: int
    output: str
    vocabulary: int
    prompts: Mapping[str, str]
    languages: tuple[str, ...]
    licence: str
    has_more: tuple[str, ...] = ()


def described(source: Source, given: Given, most_bytes: int) -> Described:
    """Return what a folder's files say of its encoder. Rejected for one that can't be used."""
    if TOKENIZER not in source.sizes:
        raise Rejected(f"there is no {TOKENIZER}", _FAST)
    prompts = source.json("config_sentence_transformers.json")
    rows = prompts.get("prompts")
    rows = rows.items() if isinstance(rows, dict) else ()
    known = {str(name): text for name, text in rows if isinstance(text, str)}
    prefix = known.get(str(prompts.get("default_prompt_name")), "")
    languages, licence = card_of(source)
    vocabulary = source.json("config.json").get("vocab_size")
    return Described(
        model=model_of(source, given.model, most_bytes),
        pooling=given.pooling or _pooling(source),
        prefix=prefix if given.prefix is None else given.prefix,
        max_tokens=given.max_tokens or _max_tokens(source),
        output=given.output,
        vocabulary=vocabulary if type(vocabulary) is int else 0,
        prompts=known,
        languages=languages,
        licence=licence,
        has_more=tuple(kind for kind in source.modules() if kind not in _HARMLESS),
    )


def model_of(source: Source, named: str, most_bytes: int) -> str:
    """Return the graph to take: the one named, else a quantised one that fits, else any."""
    graphs = {name: size for name, size in source.sizes.items() if name.endswith(".onnx")}
    if named:
        if named not in graphs:
            raise Rejected(f"there is no {named}; there are: {', '.join(sorted(graphs)) or 'none'}")
        return named
    if not graphs:
        raise Rejected("there is no ONNX graph", _EXPORT)
    fitting = [
        name for name, size in graphs.items() if size <= most_bytes and not _apart(source, name)
    ]
    if not fitting:
        sizes = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in sorted(graphs.items()))
        why = f"no graph fits ({sizes}; at most {most_bytes / 1e6:,.0f} MB in one file)"
        raise Rejected(why, "take a smaller model, or quantise this one")
    ranked = [name for name in fitting if _stem(name) in _PREFERRED]
    if ranked:
        return min(ranked, key=lambda name: (_PREFERRED.index(_stem(name)), len(name)))
    if len(fitting) > 1:
        raise Rejected(
            f"there are several graphs: {', '.join(sorted(fitting))}", "name one: --model"
        )
    return fitting[0]


def card_of(source: Source) -> tuple[tuple[str, ...], str]:
    """Return the languages and the licence that the model card begins with, as far as it does.

    The card's head is YAML; two fields of texts are all that is read of it.
    """
    if _CARD not in source.sizes or source.sizes[_CARD] > 5_000_000:
        return (), ""
    text = source.read(_CARD).decode("utf-8", "replace").replace("\r\n", "\n")
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    if head is None:
        return (), ""
    found = _field(head[1], "language"), _field(head[1], "license")
    return tuple(found[0]), (found[1] or [""])[0]


def _field(head: str, name: str) -> list[str]:
    """Return a field's text, or its list of texts, in one line or in several."""
    found = re.search(rf"^{name}:[ \t]*(.*(?:\n[ \t]*-[ \t].*)*)", head, re.MULTILINE)
    if found is None:
        return []
    words = re.sub(r"(?m)^[ \t]*-[ \t]+|[\[\],]", " ", found[1]).split()
    return [word.strip("'\"") for word in words]


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".onnx")


def _apart(source: Source, name: str) -> bool:
    """Say whether a graph's weights lie in a file of their own, as those over 2 GB must."""
    return any(f"{name}{end}" in source.sizes for end in ("_data", ".data", ".data_0"))


def _pooling(source: Source) -> str:
    """Return how states become a vector, empty if the files don't say."""
    config = source.json("1_Pooling/config.json")
    mode = config.get("pooling_mode")
    chosen = [mode] if isinstance(mode, str) else list(mode) if isinstance(mode, list) else []
    if not chosen:
        chosen = [name for name, value in config.items() if "mode" in name and value is True]
        chosen = [_POOLINGS.get(name, name) for name in chosen]
    if not chosen:
        return ""
    if len(chosen) > 1 or chosen[0] not in _POOLINGS.values():
        names = ", ".join(map(str, chosen))
        fix = (
            "take another encoder, or export a graph that pools by itself and add --pooling pooled"
        )
        raise Rejected(f"its pooling is {names}; mean and cls are known", fix)
    return str(chosen[0])


def _max_tokens(source: Source) -> int:
    """Return how many tokens the encoder reads: what it was trained on, else what it can."""
    model = source.json("config.json")
    places = model.get("max_position_embeddings")
    if model.get("model_type") in ("roberta", "xlm-roberta", "camembert") and type(places) is int:
        places -= 2  # two places are those of padding
    said = (
        source.json("sentence_bert_config.json").get("max_seq_length"),
        source.json("tokenizer_config.json").get("model_max_length"),
        places,
    )
    known = [one for one in said if type(one) is int and 3 <= one < _UNLIMITED]
    return min(
        [*known[:1], *([places] if type(places) is int and places >= 3 else []), MOST_TOKENS]
    )
