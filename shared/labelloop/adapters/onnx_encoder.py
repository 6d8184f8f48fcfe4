"""A sentence encoder in onnxruntime: texts in, unit vectors out, and states of their words."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from labelloop.adapters.encoder_files import WORDS, EncoderFiles
from labelloop.errors import BadModel
from labelloop.quiet_onnxruntime import session_of

_CHARACTERS_A_TOKEN: Final = 32  # more than any text has; the rest of a text is not tokenised
TOKENS_AT_ONCE: Final = 2_048
_PROBES: Final = ("", "a", "Straße ΟΔΟΣ İstanbul 東京 🙂")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class OnnxEncoder:
    """An encoder loaded from its files. Raises BadModel for one that can't be used.

    Each call of the graph gets texts with the same number of tokens: nothing is padded, so a vector
    does not depend on the other texts of its batch, and no time is spent on padding.
    """

    def __init__(
        self, files: EncoderFiles, threads: int = 1, tokens_at_once: int = TOKENS_AT_ONCE
    ) -> None:
        self._tokens_at_once = tokens_at_once
        self.name, self.dimensions = files.name, files.dimensions
        self._characters = files.max_tokens * _CHARACTERS_A_TOKEN
        self._files, self._threads, self._reading = files, threads, files.reading
        model, tokenizer = files.read("model.onnx"), files.read("tokenizer.json")
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer.decode())
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(files.max_tokens)
            self._session = session_of(model, threads)
            self._inputs = {node.name for node in self._session.get_inputs()}
            self._outputs = [files.reading.output] if files.reading.output else None
            vectors = self.encode(_PROBES)
        except Exception as exc:  # both libraries raise types of their own for a bad file
            raise BadModel(f"encoder {self.name} does not run: {type(exc).__name__}") from exc
        if not np.isfinite(vectors).all():
            raise BadModel(f"encoder {self.name} returns vectors that are not finite")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions); zeros for a text without tokens."""
        encodings = self._tokenizer.encode_batch([self._cut(text) for text in texts])
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        lengths = [len(encoding.ids) for encoding in encodings]
        at_once = 1 if self._reading.is_alone else self._tokens_at_once
        for batch in _batches(lengths, at_once):
            vectors[batch] = self._run(np.array([encodings[i].ids for i in batch], np.int64))
        return vectors

    def words(
        self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]
    ) -> NDArray[np.float32]:
        """Return the states of words, laid end to end, shape (words, dimensions).

        `words`: where those of each text start and end in it, ascending and without overlap. A
        word's state is the mean of those of its tokens; zeros for one without a token, as behind
        the last token that is read. No dimensions for an encoder without states of words.
        """
        session = self._words_session
        if session is None:
            return np.empty((sum(map(len, words)), 0), np.float32)
        width = session.get_outputs()[0].shape[-1]
        readable = [_SURROGATES.sub("\ufffd", text)[: self._characters] for text in texts]
        encodings = self._tokenizer.encode_batch(readable)
        states = [np.zeros((len(each), width), np.float32) for each in words]
        lengths = [len(encoding.ids) for encoding in encodings]
        for batch in _batches(lengths, self._tokens_at_once):
            ids = np.array([encodings[i].ids for i in batch], np.int64)
            for i, tokens in zip(batch, session.run(None, {"input_ids": ids})[0], strict=True):
                states[i] = _by_word(encodings[i], tokens, words[i])
        return np.concatenate([np.empty((0, width), np.float32), *states])

    @cached_property
    def _words_session(self) -> Any:
        """The graph of the tokens' states, loaded when it is first needed; None if there is none.

        Raises BadModel for one that does not run.
        """
        if not self._files.has_words:
            return None
        graph = self._files.read(WORDS)
        try:
            session = session_of(graph, self._threads, self._files.folder)
            states = session.run(None, {"input_ids": np.ones((1, 3), np.int64)})[0]
        except Exception as exc:  # onnxruntime raises types of its own for a bad file
            reason = type(exc).__name__
            raise BadModel(f"encoder {self.name}: {WORDS} does not run: {reason}") from exc
        if states.ndim != 3 or not np.isfinite(states).all():
            raise BadModel(f"encoder {self.name}: {WORDS} returns no states of tokens")
        return session

    def _cut(self, text: str) -> str:
        """Return the beginning of a text, without the lone surrogates that JSON can carry."""
        plain = text[: self._characters].encode("utf-8", "ignore").decode()
        return self._reading.prefix + plain if plain.strip() else plain

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        inputs: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        feed = {name: inputs[name] for name in self._inputs}
        states: NDArray[np.float32] = self._session.run(self._outputs, feed)[0]
        if self._reading.pooling == "pooled" and states.ndim != 2:
            raise ValueError("the graph gives states of tokens, not vectors of texts")
        with np.errstate(over="ignore", invalid="ignore"):  # a graph may give anything
            if states.ndim == 3:
                is_first = self._reading.pooling == "cls"
                vectors = states[:, 0] if is_first else states.mean(axis=1)
            else:
                vectors = states
            lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
            return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _by_word(
    encoding: Encoding, states: NDArray[np.float32], words: Sequence[tuple[int, int]]
) -> NDArray[np.float32]:
    """Return the mean of the states of each word's tokens; those that reach into it count."""
    is_text = np.array(encoding.special_tokens_mask) == 0
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)[is_text]
    sums = np.zeros((len(offsets) + 1, states.shape[1]))
    np.cumsum(states[is_text], axis=0, out=sums[1:])
    starts, ends = np.array(words, np.int64).reshape(-1, 2).T
    first = np.searchsorted(offsets[:, 1], starts, side="right")
    last = np.maximum(np.searchsorted(offsets[:, 0], ends, side="left"), first)
    means = (sums[last] - sums[first]) / np.maximum(last - first, 1)[:, None]
    return np.asarray(means, np.float32)


def _batches(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Yield batches of indices of texts with one length above 0, shortest first.

    A batch has a bounded number of tokens.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, length in enumerate(lengths):
        if length:
            by_length[length].append(index)
    for length, indices in sorted(by_length.items()):
        most = max(1, tokens // length)
        for start in range(0, len(indices), most):
            yield indices[start : start + most]
