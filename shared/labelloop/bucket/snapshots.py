"""The snapshots of a project's dataset, the pointer to the newest, and the last damage.

projects/<id>.<created>/
  datasets/<seq>-<sha256>.jsonl.gz    immutable, named by content, so damage shows on reading
  dataset.json                        pointer to the newest                  (compare-and-swap)
  repair.json                         what was damaged last, and since when

Of two snapshots the later one holds all that the earlier one does: folding forgets nothing.
"""

import json
import re
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from labelloop.bucket.objects import swap
from labelloop.bucket.pointers import DatasetPointer, Tagged
from labelloop.domain.intake.events import canonical, latest_at, text_of
from labelloop.errors import Conflict, Damaged
from labelloop.ports import Listed, ObjectStore

if TYPE_CHECKING:
    from labelloop.domain.intake.folding import Dataset

_NAME: Final = re.compile(r"(\d{8,18})-([0-9a-f]{64})[.]jsonl[.]gz", re.ASCII)
# What reading a damaged body may raise.
_UNREADABLE: Final = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Repair:
    """The last damage, empty if there was none. `lost`: labels may be missing since.

    `restored`: the number of the snapshot that could be read, 0 if none could.
    """

    why: str = ""
    since: str = ""
    lost: bool = False
    restored: int = 0


class Snapshots:
    """The snapshots of one project. Raises what the store raises."""

    def __init__(self, store: ObjectStore, root: str) -> None:
        self._store = store
        self._root = root

    # -- pointer -----------------------------------------------------------------------------

    def pointer(self) -> Tagged[DatasetPointer]:
        """Return the pointer to the newest snapshot; if it can't be read, made from the names."""
        stored = self._store.get(f"{self._root}dataset.json")
        pointer = _read(stored.body) if stored else None
        if pointer is None:
            pointer = max(self._named(), key=lambda one: one.seq, default=DatasetPointer())
        return Tagged(pointer, stored.etag if stored else "")

    def changed_at(self) -> datetime:
        """Return when the newest snapshot was stored, by the store's clock."""
        listed = self._store.list(f"{self._root}dataset.json")
        return next((one.stored_at for one in listed), datetime.min.replace(tzinfo=UTC))

    def point_to(self, after: Tagged[DatasetPointer], to: DatasetPointer) -> None:
        """Point to another snapshot; Conflict if the pointer was swapped meanwhile."""
        body = canonical(asdict(to)).encode()
        swap(self._store, f"{self._root}dataset.json", body, after.etag)

    # -- snapshots ---------------------------------------------------------------------------

    def read(self, pointer: DatasetPointer) -> "Dataset":
        """Return a snapshot, an empty one for the pointer to none; Damaged if it isn't whole."""
        from labelloop.domain.intake.folding import (  # late: the webhook starts without it
            Dataset,
            checksum,
            decompress,
        )

        if not pointer.seq:
            return Dataset()
        stored = self._store.get(self._key(pointer))
        if stored is None:
            raise Damaged(f"snapshot {pointer.seq} is gone")
        try:
            lines = decompress(stored.body)
            dataset = Dataset.from_lines(lines)
        except _UNREADABLE as exc:
            raise Damaged(f"snapshot {pointer.seq} cannot be read: {type(exc).__name__}") from exc
        if checksum(lines) != pointer.sha256:
            raise Damaged(f"snapshot {pointer.seq} is not what was stored: its checksum differs")
        return self._dated(dataset, pointer)

    def add(
        self, after: Tagged[DatasetPointer], dataset: "Dataset", at_least: int = 0
    ) -> DatasetPointer:
        """Store a snapshot and point to it; Conflict if the pointer was swapped meanwhile.

        A dataset equal to the one pointed to is not stored again: its pointer is returned.
        """
        from labelloop.domain.intake.folding import checksum, compress

        lines = dataset.to_lines()
        # If a trainer died before it pointed to its snapshot, the number is used again.
        seq = max(after.value.seq + bool(after.etag), at_least, 1)
        pointer = DatasetPointer(seq, checksum(lines), len(dataset.annotations), dataset.title)
        if pointer.sha256 == after.value.sha256 and after.etag and not at_least:
            return after.value
        with suppress(Conflict):  # named by content: the stored one holds the same lines
            self._store.create(self._key(pointer), compress(lines))
        self.point_to(after, pointer)
        return pointer

    def newest_readable(self) -> list[tuple[DatasetPointer, "Dataset"]]:
        """Return the whole snapshots of the highest number that has any; two may share it."""
        readable: list[tuple[DatasetPointer, Dataset]] = []
        for pointer in sorted(self._named(), key=lambda one: one.seq, reverse=True):
            if readable and pointer.seq < readable[0][0].seq:
                break
            with suppress(Damaged):
                dataset = self.read(pointer)
                count = len(dataset.annotations)
                named = replace(pointer, annotations=count, title=dataset.title)
                readable.append((named, dataset))
        return readable

    def numbers(self) -> list[int]:
        """Return the numbers of all snapshots, smallest first; two may have the same."""
        return sorted(one.seq for one in self._named())

    def after(self, number: int) -> list[Listed]:
        """Return the snapshots with higher numbers than this."""
        return [one for one in self._listed() if _named(one).seq > number]

    def number_of(self, listed: Listed) -> int:
        """Return the number of a listed snapshot."""
        return _named(listed).seq

    # -- damage ------------------------------------------------------------------------------

    def damage(self) -> str:
        """Return what is wrong with pointer and names; "" if nothing is. Nothing large is read."""
        listed = list(self._store.list(f"{self._root}dataset.json"))
        stored = self._store.get(f"{self._root}dataset.json")
        pointer = _read(stored.body) if stored else None
        if stored is None:
            return "the pointer to the dataset is gone" if self._is_lost() else ""
        if pointer is None:
            return "the pointer to the dataset cannot be read"
        names = self._listed()
        if pointer.seq and self._key(pointer) not in {one.key for one in names}:
            return f"snapshot {pointer.seq} is gone"
        # A snapshot whose trainer died before it pointed to it was stored after the pointer.
        pointed_at = [one.stored_at for one in listed]  # empty: it was stored a moment ago
        for one in names:
            if _named(one).seq > pointer.seq and any(one.stored_at < time for time in pointed_at):
                return (
                    f"the pointer is to snapshot {pointer.seq}, and a later one was stored before"
                )
        return ""

    def is_gone(self) -> bool:
        """Say whether the pointer, or the snapshot that it names, is missing: two short reads."""
        stored = self._store.get(f"{self._root}dataset.json")
        pointer = _read(stored.body) if stored else None
        if pointer is None:
            return stored is not None or bool(self._named())
        return pointer.seq > 0 and next(iter(self._store.list(self._key(pointer))), None) is None

    def repair(self) -> Repair:
        """Return the last damage."""
        stored = self._store.get(f"{self._root}repair.json")
        try:
            return Repair(**json.loads(stored.body)) if stored else Repair()
        except (ValueError, TypeError):
            return Repair()

    def note(self, repair: Repair) -> None:
        """Store a repair, over the one before."""
        key, body = f"{self._root}repair.json", canonical(asdict(repair)).encode()
        stored = self._store.get(key)
        swap(self._store, key, body, stored.etag if stored else "")

    # -- parts -------------------------------------------------------------------------------

    def _dated(self, dataset: "Dataset", pointer: DatasetPointer) -> "Dataset":
        """Return a dataset without rows that are dated after it was stored.

        Earlier releases took rows of any time, and nothing could ever correct one of the year 9999.
        """
        if dataset.latest() <= latest_at(text_of(datetime.now(UTC))):
            return dataset
        stored_at = next(one.stored_at for one in self._store.list(self._key(pointer)))
        return dataset.dated(text_of(stored_at))

    def _listed(self) -> list[Listed]:
        listed = self._store.list(f"{self._root}datasets/")
        return [one for one in listed if _NAME.fullmatch(one.key.rpartition("/")[2])]

    def _is_lost(self) -> bool:
        """Say whether the pointer is missing though there was one, as later objects show.

        A first snapshot alone shows nothing: a trainer may be about to point to it.
        """
        stored = self._store.get(f"{self._root}active.json")
        is_learnt = stored is not None and _number_learnt(stored.body) > 0
        existed = is_learnt or any(number > 1 for number in self.numbers())
        existed = existed or next(iter(self._store.list(f"{self._root}models/")), None) is not None
        return existed and self._store.get(f"{self._root}dataset.json") is None

    def _named(self) -> list[DatasetPointer]:
        return [_named(one) for one in self._listed()]

    def _key(self, pointer: DatasetPointer) -> str:
        return f"{self._root}datasets/{pointer.seq:08d}-{pointer.sha256}.jsonl.gz"


def _named(listed: Listed) -> DatasetPointer:
    match = _NAME.fullmatch(listed.key.rpartition("/")[2])
    return DatasetPointer(int(match[1]), match[2]) if match else DatasetPointer()


def _read(body: bytes) -> DatasetPointer | None:
    """Return a stored pointer, None if it is none."""
    try:
        stored: Any = json.loads(body)
        fields = {name: stored[name] for name in ("annotations", "title") if name in stored}
        pointer = DatasetPointer(stored["seq"], stored["sha256"], **fields)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    kinds = (type(pointer.seq), type(pointer.sha256), type(pointer.annotations))
    is_pointer = (*kinds, type(pointer.title)) == (int, str, int, str) and pointer.seq >= 0
    return pointer if is_pointer else None


def _number_learnt(body: bytes) -> int:
    """Return the number of the learnt snapshot from the active pointer's body; 0 if unreadable."""
    try:
        number = json.loads(body)["dataset_seq"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return 0
    return number if type(number) is int else 0
