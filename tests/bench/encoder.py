"""The encoder against bare onnxruntime on the same tokens, in the same batches."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.quiet_onnxruntime import ort
from tests.bench.report import Finding
from tests.bench.texts import mixed
from tests.bench.timing import ratio

BATCH = 32


def measure() -> Iterator[Finding]:
    """Measure texts of the length of a tweet, and of a newspaper article, many and one by one."""
    files = EncoderFiles.built_in()
    encoder = OnnxEncoder(files)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(files.read("model.onnx"), options, ["CPUExecutionProvider"])
    articles = mixed(200_000)
    for name, texts in (("articles", articles), ("tweets", [text[:120] for text in articles])):
        feeds = _feeds(encoder, session, texts)

        def theirs(feeds=feeds) -> None:
            for feed in feeds:
                session.run(None, feed)

        found = ratio(partial(encoder.encode, texts), theirs, 5)
        yield Finding(
            f"encoder on {len(texts)} {name}, of bare onnxruntime's time", found, "times", 1.2
        )


def _feeds(encoder, session, texts):
    """Return what a plain loop would feed: sorted by length, padded to the longest of a batch."""
    ids = sorted((one.ids for one in encoder._tokenizer.encode_batch(texts)), key=len)
    names = {one.name for one in session.get_inputs()}
    feeds = []
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        padded = np.zeros((len(batch), max(map(len, batch))), np.int64)
        for row, one in zip(padded, batch, strict=True):
            row[: len(one)] = one
        mask = (padded != 0).astype(np.int64)
        every = {"input_ids": padded, "attention_mask": mask, "token_type_ids": 0 * padded}
        feeds.append({name: every[name] for name in names})
    return feeds
