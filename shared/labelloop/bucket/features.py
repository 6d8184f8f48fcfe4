"""The features that recipes computed of a project's tasks, so that none is computed twice.

    projects/<id>.<created>/features/<recipe's folder>/
      pool/<shard>-<inputs>.npz         the features of one shard of the pool
      begun/<shard>-<inputs>.npz        the files of a shard that was not done in one go
      labelled.npz                      vectors of labelled texts               (compare-and-swap)
      texts.json.gz                     labelled texts that were fetched        (compare-and-swap)
      expired.json                      will be deleted: see `leftovers`

No file here is required: what is missing or damaged is computed anew. Whatever changes features
changes the key: the recipe and its format, another encoder, another field of the tasks' data. A
shard of the pool never changes; its features do where an image is read that could not be before.
"""

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.objects import PROJECTS, write_over
from labelloop.bucket.unread import NOTHING_UNREAD, UnreadTasks, unread_of
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
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


_LONGER: Final = "longer_"  # before the names of arrays of vectors, where they have two lengths
# The names that the previous release gave to the arrays of its only kind of features.
_EARLIER: Final = {"ids": "bags.ids", "counts": "bags.counts", "lengths": "bags.lengths"}


type Reason = tuple[str, str, bool]
"""Why an image or a text can't be read, what mends it, and whether no later try helps."""


@dataclass(frozen=True, slots=True)
class ShardFeatures:
    """The tasks of a shard: ids, times of their states, which are readable, and their features.

    `unread`: those that have something to read which could not be read.
    """

    tasks: NDArray[np.int64]
    updated_at: NDArray[np.str_]
    is_readable: NDArray[np.bool_]
    features: Columns
    unread: UnreadTasks = NOTHING_UNREAD


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known of a shard's files: vectors of images, texts, and why others can't be read.

    All by the digests of their addresses.
    """

    vectors: Mapping[bytes, NDArray[np.float32]] = field(default_factory=dict)
    reasons: Mapping[bytes, Reason] = field(default_factory=dict)
    texts: Mapping[bytes, str] = field(default_factory=dict)


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
        if rows.unread.tasks:
            tasks["unread"] = np.frombuffer(rows.unread.to_json(), np.uint8)
        body = io.BytesIO()
        np.savez_compressed(body, **tasks | rows.features.to_arrays())
        write_over(self._store, self._shard_key(shard, sees), body.getvalue())

    def begun(self, shard: str, sees: str) -> Begun:
        """Return what was stored of a shard's files before it was done; nothing if damaged."""
        stored = self._store.get(self._shard_key(shard, sees, "begun"))
        try:
            arrays = arrays_of(stored.body) if stored else {}
            if not arrays:
                return Begun()
            reasons = json.loads(arrays["reasons"].tobytes())
            digests = map(bytes.fromhex, arrays["digests"].tolist())
            return Begun(
                dict(zip(digests, _finite(arrays["vectors"]), strict=True)),
                {bytes.fromhex(digest): tuple(reason) for digest, reason in reasons.items()},
                _texts_of(arrays["texts"].tobytes()) if "texts" in arrays else {},
            )
        except DAMAGED:
            return Begun()

    def store_begun(self, shard: str, sees: str, begun: Begun) -> None:
        """Store what is known of a shard's files, in place of what was."""
        body = io.BytesIO()
        reasons = canonical({digest.hex(): why for digest, why in begun.reasons.items()})
        vectors = list(begun.vectors.values())
        arrays: dict[str, Any] = {
            "digests": np.array([digest.hex() for digest in begun.vectors], np.str_),
            "vectors": np.stack(vectors) if vectors else np.empty((0, 0), np.float32),
            "reasons": np.frombuffer(reasons.encode(), np.uint8),
        }
        if begun.texts:
            arrays["texts"] = np.frombuffer(_packed(begun.texts), np.uint8)
        np.savez(body, **arrays)
        write_over(self._store, self._shard_key(shard, sees, "begun"), body.getvalue())

    def labelled(self) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors of labelled texts by the texts' digests; none if damaged."""
        stored = self._store.get(f"{self._root}labelled.npz")
        try:
            arrays = arrays_of(stored.body) if stored else {}
            return _labelled_of(arrays, "") | _labelled_of(arrays, _LONGER)
        except DAMAGED:
            return {}

    def store_labelled(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Store the vectors of labelled texts, in place of those stored before.

        They have one length, or two: those of texts and of images.
        """
        body = io.BytesIO()
        shorter = min(map(len, vectors.values()))
        parts = [
            {digest: row for digest, row in vectors.items() if (len(row) > shorter) is is_longer}
            for is_longer in (False, True)
        ]
        arrays: dict[str, Any] = _labelled_arrays(parts[0], "")
        if parts[1]:
            arrays |= _labelled_arrays(parts[1], _LONGER)
        np.savez(body, **arrays)
        write_over(self._store, f"{self._root}labelled.npz", body.getvalue())

    def texts(self) -> dict[bytes, str]:
        """Return the labelled texts that were fetched, by the digests of their addresses."""
        stored = self._store.get(f"{self._root}texts.json.gz")
        try:
            return _texts_of(stored.body) if stored else {}
        except DAMAGED:
            return {}

    def store_texts(self, texts: Mapping[bytes, str]) -> None:
        """Store the labelled texts that were fetched, in place of those stored before."""
        write_over(self._store, f"{self._root}texts.json.gz", _packed(texts))

    def _shard_key(self, shard: str, sees: str, folder: str = "pool") -> str:
        name = shard.rpartition("/")[2].removesuffix(".jsonl.gz")
        return f"{self._root}{folder}/{name}-{sha256(sees.encode()).hexdigest()[:8]}.npz"


def arrays_of(body: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of numpy's; raises one of `DAMAGED` if it is none."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        return dict(file)  # reads all, and with it the checksums


def _shard_of(arrays: Mapping[str, NDArray[Any]]) -> ShardFeatures:
    unread = unread_of(arrays.get("unread"))
    arrays = {name: array for name, array in arrays.items() if name != "unread"}
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
    return ShardFeatures(tasks, updated_at, is_readable, features, unread)


def _labelled_arrays(
    vectors: Mapping[bytes, NDArray[np.float32]], kind: str
) -> dict[str, NDArray[Any]]:
    digests = np.array([digest.hex() for digest in vectors])
    return {f"{kind}digests": digests, f"{kind}vectors": np.stack(list(vectors.values()))}


def _labelled_of(arrays: Mapping[str, NDArray[Any]], kind: str) -> dict[bytes, NDArray[np.float32]]:
    if not arrays or (kind and f"{kind}digests" not in arrays):
        return {}
    digests, vectors = arrays[f"{kind}digests"].tolist(), _finite(arrays[f"{kind}vectors"])
    return dict(zip(map(bytes.fromhex, digests), vectors, strict=True))


def _packed(texts: Mapping[bytes, str]) -> bytes:
    rows = {digest.hex(): text for digest, text in texts.items()}
    return gzip.compress(json.dumps(rows).encode(), mtime=0)


def _texts_of(body: bytes) -> dict[bytes, str]:
    """Return packed texts; raises one of `DAMAGED` for other bytes."""
    rows = dict(json.loads(gzip.decompress(body)))
    if not all(isinstance(text, str) for text in rows.values()):
        raise ValueError("a text is none")
    return {bytes.fromhex(digest): text for digest, text in rows.items()}


def _finite(vectors: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(vectors).all():
        raise ValueError("a vector has parts that are not finite")
    return vectors
