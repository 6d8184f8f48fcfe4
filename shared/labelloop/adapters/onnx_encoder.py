"""A sentence encoder in onnxruntime: texts in, unit vectors out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.errors import BadModel
from labelloop.quiet_onnxruntime import ort

_CHARACTERS_A_TOKEN: Final = 32  # many; what is beyond is not even tokenised
_TOKENS_AT_ONCE: Final = 2_048
_PROBES: Final = ("", "a", "Straße ΟΔΟΣ İstanbul 東京 🙂")
_FOLDER: Final = "session.model_external_initializers_file_folder_path"


class OnnxEncoder:
    """An encoder loaded from its files. Raises BadModel for one that can't be used.

    Texts share a call of the graph only with texts of as many tokens: nothing is padded, so a
    vector doesn't depend on its batch mates, and no time goes into padding.
    """

    def __init__(self, files: EncoderFiles, threads: int = 1) -> None:
        self.name, self.dimensions = files.name, files.dimensions
        self._characters = files.max_tokens * _CHARACTERS_A_TOKEN
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry(_FOLDER, "/nowhere")  # weights come in the file, or not
        model, tokenizer = files.read("model.onnx"), files.read("tokenizer.json")
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer.decode())
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(files.max_tokens)
            self._session = ort.InferenceSession(model, options, ["CPUExecutionProvider"])
            self._inputs = {one.name for one in self._session.get_inputs()}
            probed = self.encode(_PROBES)
        except Exception as exc:  # both libraries raise types of their own for a bad file
            raise BadModel(f"encoder {self.name} does not run: {type(exc).__name__}") from exc
        if not np.isfinite(probed).all():
            raise BadModel(f"encoder {self.name} answers no numbers")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions); zeros for a text without a token."""
        encoded = self._tokenizer.encode_batch([self._cut(text) for text in texts])
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for batch in _batches([len(one.ids) for one in encoded]):
            rows[batch] = self._run(np.array([encoded[i].ids for i in batch], np.int64))
        return rows

    def _cut(self, text: str) -> str:
        """Return the beginning of a text, without the lone surrogates that JSON can carry."""
        return text[: self._characters].encode("utf-8", "ignore").decode()

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        every: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        feed = {name: every[name] for name in self._inputs}
        states: NDArray[np.float32] = self._session.run(None, feed)[0]
        vectors = states.mean(axis=1) if states.ndim == 3 else states
        lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
        return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield indices of one length above 0, shortest first, of boundedly many tokens together."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, length in enumerate(lengths):
        if length:
            by_length[length].append(index)
    for length, indices in sorted(by_length.items()):
        most = max(1, _TOKENS_AT_ONCE // length)
        for start in range(0, len(indices), most):
            yield indices[start : start + most]
