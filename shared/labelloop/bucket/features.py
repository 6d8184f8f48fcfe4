"""What was computed of a project's texts, so that no later version computes it again.

    projects/<id>.<created>/features/<format>-<encoder>/
      pool/<shard>-<text's key>.npz     the features of one shard of the pool, immutable
      labelled.npz                      the vectors of the labelled texts       (compare-and-swap)

Nothing here is ever needed: what is missing or damaged is computed anew. What changes a text's
features changes the key: another encoder, another meaning of the terms (the format), another field
of the tasks' data. A shard of the pool never changes.
"""

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.objects import PROJECTS, write_over
from labelloop.bucket.pointers import FORMAT
from labelloop.domain.learning.features import Bags, Features
from labelloop.ports import ObjectStore

# What numpy raises for a file that is none of its own, or was cut off.
DAMAGED: Final = (
    BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class ShardFeatures:
    """The tasks of a shard: ids, times of their states, which have a text, and its features."""

    tasks: NDArray[np.int64]
    updated_at: NDArray[np.str_]
    is_readable: NDArray[np.bool_]
    features: Features


class KeptFeatures:
    """The features of one project beside one encoder. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str, encoder: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/features/{FORMAT}-{encoder or 'none'}/"

    def shard(self, shard: str, text_key: str) -> ShardFeatures | None:
        """Return what is kept of a shard of the pool, None if nothing that can be read."""
        stored = self._store.get(self._shard_key(shard, text_key))
        try:
            return _shard_of(arrays_of(stored.body)) if stored else None
        except DAMAGED:
            return None

    def keep_shard(self, shard: str, text_key: str, kept: ShardFeatures) -> None:
        """Keep the features of a shard, over damaged ones if there are any."""
        bags, vectors = kept.features.bags, kept.features.vectors
        arrays: dict[str, Any] = {
            "tasks": kept.tasks,
            "updated_at": kept.updated_at,
            "is_readable": kept.is_readable,
            "ids": bags.ids,
            "counts": bags.counts.astype(np.uint16),  # a text's most characters bound them
            "lengths": np.diff(bags.starts).astype(np.uint32),
        }
        body = io.BytesIO()
        np.savez_compressed(body, **arrays | ({} if vectors is None else {"vectors": vectors}))
        write_over(self._store, self._shard_key(shard, text_key), body.getvalue())

    def labelled(self) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors of labelled texts by the texts' digests; none if damaged."""
        stored = self._store.get(f"{self._root}labelled.npz")
        try:
            arrays = arrays_of(stored.body) if stored else {}
            digests = arrays["digests"].tolist() if arrays else []
            vectors = arrays["vectors"] if arrays else np.empty((0, 0), np.float32)
            return dict(zip(map(bytes.fromhex, digests), _finite(vectors), strict=True))
        except DAMAGED:
            return {}

    def keep_labelled(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Keep the vectors of labelled texts instead of those kept before."""
        body = io.BytesIO()
        digests = np.array([digest.hex() for digest in vectors])
        np.savez(body, digests=digests, vectors=np.stack(list(vectors.values())))
        write_over(self._store, f"{self._root}labelled.npz", body.getvalue())

    def _shard_key(self, shard: str, text_key: str) -> str:
        name = shard.rpartition("/")[2].removesuffix(".jsonl.gz")
        return f"{self._root}pool/{name}-{sha256(text_key.encode()).hexdigest()[:8]}.npz"


def arrays_of(body: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of numpy's; one of `DAMAGED` is raised for what is none."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        return dict(file)  # reads all, and with it the checksums


def _shard_of(arrays: Mapping[str, NDArray[Any]]) -> ShardFeatures:
    tasks, lengths = arrays["tasks"], arrays["lengths"]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    bags = Bags(arrays["ids"], arrays["counts"].astype(np.float32), starts)
    vectors = arrays.get("vectors")
    sizes = {len(tasks), len(lengths), len(arrays["updated_at"]), len(arrays["is_readable"])}
    if len(sizes) != 1 or len(bags.ids) != starts[-1] or len(bags.counts) != starts[-1]:
        raise ValueError("the arrays don't fit each other")
    if vectors is not None and len(_finite(vectors)) != len(tasks):
        raise ValueError("there is not a vector for each task")
    features = Features(bags, vectors)
    return ShardFeatures(tasks, arrays["updated_at"], arrays["is_readable"], features)


def _finite(vectors: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(vectors).all():
        raise ValueError("a vector has parts that are no numbers")
    return vectors
