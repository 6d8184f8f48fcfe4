"""From what is read of tasks to a graph's inputs, in batches whose rows don't see each other."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel
from labelloop.recipes.imported.package import (
    COLUMN,
    COLUMNS,
    IDS,
    MASK,
    TEXT,
    TYPES,
    Description,
    Fed,
)
from labelloop.recipes.imported.pixels import Pixels, batch_of, read

type Row = dict[str, Any]
"""What is read of a task: {"text": its text, "fields": numbers and short texts by name}.

Or {"image": a small copy of its image}.
"""

_AT_ONCE: Final = 32  # tasks in a batch
_TOKENS_AT_ONCE: Final = 2_048
_CHARACTERS_A_TOKEN: Final = 32  # more than any text has; the rest of a text is not tokenised
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_DTYPES: Final = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "bool": np.bool_,
    "uint8": np.uint8,
}
_NUMBERS_AT_ONCE: Final = 2_000_000  # of images: 13 of 224 x 224


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that go through the graph together, and its inputs for them."""

    rows: list[int]
    feeds: dict[str, NDArray[Any]]


class Feeder:
    """What feeds one graph. BadModel if its tokenizer is none, or the library is missing."""

    def __init__(self, description: Description, tokenizer: bytes) -> None:
        self._inputs, self._pixels = description.inputs, description.pixels
        self._is_single = any(fed.shape[:1] == (1,) for fed in self._inputs)
        self._ids = next((fed for fed in self._inputs if fed.role == IDS), None)
        self._fixed = self._ids.shape[1] if self._ids else 0
        self._most = self._fixed or description.max_tokens
        self._tokenizer = _tokenizer(tokenizer, self._most, self._fixed) if self._ids else None

    def batches(self, rows: Sequence[Row]) -> Iterator[Batch]:
        """Yield batches of all rows but those whose data does not fit the inputs."""
        if self._pixels is not None:
            yield from self._images(rows, self._pixels)
            return
        fits = [place for place, row in enumerate(rows) if self._fits(row)]
        if self._tokenizer is None:
            yield from self._plain(rows, fits)
        else:
            yield from self._tokens(rows, fits)

    def _fits(self, row: Row) -> bool:
        """Say whether a row has all fields; a text is read of every task."""
        columns = [fed for fed in self._inputs if fed.role in (COLUMN, COLUMNS)]
        return all(_value(row, name, fed) is not None for fed in columns for name in fed.fields)

    def _plain(self, rows: Sequence[Row], places: list[int]) -> Iterator[Batch]:
        size = 1 if self._is_single else _AT_ONCE
        for start in range(0, len(places), size):
            batch = places[start : start + size]
            feeds = {
                fed.name: _column(fed, [rows[place] for place in batch]) for fed in self._inputs
            }
            yield Batch(batch, feeds)

    def _images(self, rows: Sequence[Row], by: Pixels) -> Iterator[Batch]:
        (fed,) = self._inputs
        size = 1 if self._is_single else max(1, min(_AT_ONCE, _NUMBERS_AT_ONCE // by.numbers))
        for start in range(0, len(rows), size):
            batch = range(start, min(start + size, len(rows)))
            images = {place: read(rows[place].get("image"), by) for place in batch}
            found = {place: image for place, image in images.items() if image is not None}
            if found:
                feed = batch_of(list(found.values()), by, _DTYPES[fed.type])
                yield Batch(list(found), {fed.name: feed})

    def _tokens(self, rows: Sequence[Row], places: list[int]) -> Iterator[Batch]:
        """Yield batches of texts with one number of tokens, so that nothing is padded.

        Unless the graph takes a fixed number of them.
        """
        texts = [_cut(rows[place]["text"], self._most) for place in places]
        encoded = self._tokenizer.encode_batch(texts) if self._tokenizer else []
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, encoding in enumerate(encoded):
            if encoding.ids:  # a tokenizer may have none for an empty text
                by_length[len(encoding.ids)].append(index)
        for length, indices in sorted(by_length.items()):
            size = 1 if self._is_single else max(1, _TOKENS_AT_ONCE // length)
            for start in range(0, len(indices), size):
                batch = indices[start : start + size]
                few = [rows[places[index]] for index in batch]
                feeds = {
                    fed.name: self._token_feed(fed, [encoded[index] for index in batch], few)
                    for fed in self._inputs
                }
                yield Batch([places[index] for index in batch], feeds)

    def _token_feed(self, fed: Fed, encoded: Sequence[Any], rows: Sequence[Row]) -> NDArray[Any]:
        read: dict[str, Callable[[Any], list[int]]] = {
            IDS: lambda one: one.ids,
            MASK: lambda one: one.attention_mask,
            TYPES: lambda one: one.type_ids,
        }
        if fed.role not in read:
            return _column(fed, rows)
        return np.array([read[fed.role](one) for one in encoded], _DTYPES[fed.type])


def _tokenizer(body: bytes, most: int, fixed: int) -> Any:
    """Return the tokenizer. `fixed`: how many tokens each text has to have, 0 for any number."""
    try:
        from tokenizers import Tokenizer
    except ImportError as exc:
        raise BadModel(
            "it reads tokens, and the library tokenizers is not here: the encoder's layer has it",
            "deploy with Encoder=minilm, or any other than none",
        ) from exc
    try:
        tokenizer = Tokenizer.from_str(body.decode())
        if fixed:
            tokenizer.enable_padding(**(tokenizer.padding or {}) | {"length": fixed})
        else:
            tokenizer.no_padding()
        tokenizer.enable_truncation(most)
        tokenizer.encode("a")
    except Exception as exc:  # the library raises types of its own
        said = " ".join(str(exc).split())[:100]
        raise BadModel(
            f"tokenizer.json can't be read: {said}",
            "write it again: tokenizer.save_pretrained(folder), of a fast tokenizer",
        ) from exc
    return tokenizer


def _column(fed: Fed, rows: Sequence[Row]) -> NDArray[Any]:
    values: list[Any]
    if fed.role == TEXT:
        values = [_SURROGATES.sub("\ufffd", row["text"]) for row in rows]
    else:
        each = [[_value(row, name, fed) for name in fed.fields] for row in rows]
        values = each if fed.role == COLUMNS else [one for (one,) in each]
    dtype = np.object_ if fed.type == "string" else _DTYPES[fed.type]
    array: NDArray[Any] = np.array(values, dtype)
    return array.reshape(len(rows), 1) if len(fed.shape) == 2 and array.ndim == 1 else array


def _value(row: Row, name: str, fed: Fed) -> Any:
    """Return a field as an input takes it, None if it is missing or does not fit."""
    value = row["fields"].get(name)
    if fed.type == "string":
        return None if value is None else _SURROGATES.sub("\ufffd", str(value))
    try:
        number = float(value)
        return number if fed.type in ("float", "double", "float16") else int(number)
    except (TypeError, ValueError, OverflowError):
        return None


def _cut(text: str, tokens: int) -> str:
    """Return the beginning of a text, without the lone surrogates that JSON can carry."""
    return text[: tokens * _CHARACTERS_A_TOKEN].encode("utf-8", "ignore").decode()
