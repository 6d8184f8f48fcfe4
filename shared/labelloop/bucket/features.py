"""The features that recipes computed of a project's tasks, so that none is computed twice.

    projects/<id>.<created>/features/<recipe's folder>/
      pool/<shard>-<inputs>.npz         the features of one shard of the pool, immutable
      labelled.npz                      vectors of labelled texts               (compare-and-swap)

No file here is required: what is missing or damaged is computed anew. Whatever changes features
changes the key: the recipe and its format, another encoder, another field of the tasks' data. A
shard of the pool never changes.
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
from labelloop.domain.columns import Columns
from labelloop.ports import ObjectStore

# What numpy raises for a file that it did not write, or that was cut off.
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


# The names that the previous release gave to the arrays of its only kind of features.
_EARLIER: Final = {"ids": "bags.ids", "counts": "bags.counts", "lengths": "bags.lengths"}


@dataclass(frozen=True, slots=True)
class ShardFeatures:
    """The tasks of a shard: ids, times of their states, which are readable, and their features."""

    tasks: NDArray[np.int64]
    updated_at: NDArray[np.str_]
    is_readable: NDArray[np.bool_]
    features: Columns


class FeatureFiles:
    """The features of one project in one folder. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str, folder: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/features/{folder}/"

    def shard(self, shard: str, sees: str) -> ShardFeatures | None:
        """Return the stored features of a shard of the pool; None if missing or damaged."""
        stored = self._store.get(self._shard_key(shard, sees))
        try:
            return _shard_of(arrays_of(stored.body)) if stored else None
        except DAMAGED:
            return None

    def store_shard(self, shard: str, sees: str, rows: ShardFeatures) -> None:
        """Store the features of a shard, over damaged ones if there are any."""
        tasks = {
            "tasks": rows.tasks,
            "updated_at": rows.updated_at,
            "is_readable": rows.is_readable,
        }
        body = io.BytesIO()
        np.savez_compressed(body, **tasks | rows.features.to_arrays())
        write_over(self._store, self._shard_key(shard, sees), body.getvalue())

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

    def store_labelled(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Store the vectors of labelled texts, in place of those stored before."""
        body = io.BytesIO()
        digests = np.array([digest.hex() for digest in vectors])
        np.savez(body, digests=digests, vectors=np.stack(list(vectors.values())))
        write_over(self._store, f"{self._root}labelled.npz", body.getvalue())

    def _shard_key(self, shard: str, sees: str) -> str:
        name = shard.rpartition("/")[2].removesuffix(".jsonl.gz")
        return f"{self._root}pool/{name}-{sha256(sees.encode()).hexdigest()[:8]}.npz"


def arrays_of(body: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of numpy's; raises one of `DAMAGED` if it is none."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        return dict(file)  # reads all, and with it the checksums


def _shard_of(arrays: Mapping[str, NDArray[Any]]) -> ShardFeatures:
    names = _EARLIER if _EARLIER.keys() <= arrays.keys() else {}
    arrays = {names.get(name, name): array for name, array in arrays.items()}
    tasks, updated_at, is_readable = (
        arrays.pop(name) for name in ("tasks", "updated_at", "is_readable")
    )
    if not len(tasks) == len(updated_at) == len(is_readable):
        raise ValueError("the arrays don't fit each other")
    features = Columns.from_arrays(len(tasks), arrays)
    if not features.are_finite().all():
        raise ValueError("a row has parts that are not finite")
    return ShardFeatures(tasks, updated_at, is_readable, features)


def _finite(vectors: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(vectors).all():
        raise ValueError("a vector has parts that are not finite")
    return vectors
