"""The pool: the tasks of a project that may still be labelled, and how they are ranked.

    projects/<id>.<created>/
      pool/<name>.jsonl.gz              tasks, immutable; a shard for each event or surveyed page
      pool/sent-<...>.jsonl.gz          those that were sent over HTTP, named by their content
      pool.json                         written once a survey has seen all tasks
      ranks/<version>/plan-<n>.json     which shards make up which part; later tasks add one
      ranks/<version>/list-<n>.npz      a part's candidates for the queue
      ranks/untrained/list-<inputs>-<n>.npz      the same, by inputs: see `first_order`
      ranked.json                       the version that was pushed, its number of parts, whether
                                        older versions are trimmed

Releases before there were recipes wrote `part-` in place of `list-`, and counted them as `parts` in
place of `lists`; neither reads the other's.

A task may stand in several shards; its newest state counts.
"""

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import batched
from string import digits
from typing import Any, Final

from labelloop.bucket.objects import PROJECTS, fields_of, write_over
from labelloop.domain.intake.events import Task, canonical, read_row, row_of
from labelloop.errors import Conflict
from labelloop.ports import ObjectStore

_TASKS_IN_A_SHARD: Final = 500  # as many as a page of Label Studio's listing


@dataclass(frozen=True, slots=True)
class Ranked:
    """One task's place in the queue: lowest score first.

    `is_pushable`: whether Label Studio's import of predictions, which takes many at once, accepts
    the result; stored by releases before it was there only where it does.
    """

    task: int
    score: float
    result: list[dict[str, Any]]
    is_pushable: bool = True


def shard_name(tasks: Sequence[tuple[int, Any]]) -> str:
    """Return the name of a shard of tasks, ids and data, that are sent over HTTP."""
    digest = sha256(canonical([list(task) for task in tasks]).encode()).hexdigest()[:16]
    return f"sent-{tasks[0][0]:012d}-{digest}"


class Pool:
    """The pool of one project. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/"

    # -- tasks -------------------------------------------------------------------------------

    def add(self, name: str, tasks: Iterable[Task]) -> None:
        """Store tasks as a shard, or as several so that each is encoded in bounded time.

        A shard that exists already stays: it holds the same.
        """
        for number, rows in enumerate(batched(tasks, _TASKS_IN_A_SHARD, strict=False)):
            lines = "\n".join(canonical(row_of(task)) for task in rows)
            key = f"{self._root}pool/{name}{f'-{number:04d}' if number else ''}.jsonl.gz"
            with suppress(Conflict):
                self._store.create(key, gzip.compress(lines.encode(), mtime=0))

    def add_surveyed(self, began: str, after: int, tasks: Sequence[Task]) -> None:
        """Store tasks that a survey found above an id; the same ones again are the same shard.

        `began`: when, as an ISO 8601 text in UTC.
        """
        rows = canonical([row_of(task) for task in tasks])
        digest = sha256(rows.encode()).hexdigest()[:16]
        # Sorts behind events and older surveys: of two states of a task the later shard's counts.
        time = "".join(char for char in began if char in digits)[:14]
        self.add(f"survey-{time}-{after:012d}-{digest}", tasks)

    def add_sent(self, tasks: Sequence[Task]) -> None:
        """Store tasks that were sent here; the same ones again are the same shard."""
        if tasks:
            self.add(shard_name([(task.id, task.data) for task in tasks]), tasks)

    def sent(self) -> list[str]:
        """Return the names of the shards that were sent here."""
        root = f"{self._root}pool/"
        keys = (one.key for one in self._store.list(f"{root}sent-"))
        return [key.removeprefix(root).removesuffix(".jsonl.gz") for key in keys]

    def is_listed(self) -> bool:
        """Say whether a survey has seen all tasks."""
        return self._store.get(f"{self._root}pool.json") is not None

    def set_listed(self) -> None:
        """Note that a survey has seen all tasks."""
        self._store.create(f"{self._root}pool.json", b"{}")

    def shards(self) -> list[str]:
        """Return the keys of all shards, oldest tasks first."""
        return [listed.key for listed in self._store.list(f"{self._root}pool/")]

    def read(self, shards: Iterable[str]) -> dict[int, Task]:
        """Return the newest state of the tasks of some shards, by id."""
        tasks: dict[int, Task] = {}
        for task in self._tasks(shards):
            earlier = tasks.get(task.id)
            if earlier is None or task.updated_at > earlier.updated_at:
                tasks[task.id] = task
        return tasks

    def _tasks(self, shards: Iterable[str]) -> Iterator[Task]:
        for key in shards:
            stored = self._store.get(key)
            lines = gzip.decompress(stored.body).splitlines() if stored else []
            yield from (read_row(Task, json.loads(line)) for line in lines)

    # -- ranks -------------------------------------------------------------------------------

    def plan(self, version: str, size: int) -> list[list[str]]:
        """Cut the shards into parts of `size`; return all parts, those planned earlier first.

        A part never changes, so shards that came after the others were planned make parts of their
        own.
        """
        parts = self.parts(version)
        planned = {shard for part in parts for shard in part}
        new = (shard for shard in self.shards() if shard not in planned)
        added = [list(part) for part in batched(new, size, strict=False)]
        if added:
            key = self._rank_key(version, f"plan-{len(parts):06d}.json")
            try:
                self._store.create(key, canonical(added).encode())
            except Conflict:  # another worker planned at the same time
                return self.parts(version)
        return parts + added

    def parts(self, version: str) -> list[list[str]]:
        """Return the parts that were planned for a version; none if there is no plan."""
        listed = self._store.list(f"{self._root}ranks/{version}/plan-")
        bodies = (self._store.get(one.key) for one in listed)
        return [part for body in bodies if body for part in json.loads(body.body)]

    def add_part(self, version: str, part: int, candidates: bytes, inputs: str = "") -> None:
        """Store the candidates of a part, unless they are stored already."""
        with suppress(Conflict):
            self._store.create(f"{self._parts_of(version, inputs)}{part:06d}.npz", candidates)

    def forget_part(self, version: str, part: int, inputs: str) -> None:
        """Delete the candidates of a part."""
        self._store.delete([f"{self._parts_of(version, inputs)}{part:06d}.npz"])

    def is_planned(self, version: str) -> bool:
        """Say whether each shard is in a part of a version's ranking."""
        planned = {shard for part in self.parts(version) for shard in part}
        return all(shard in planned for shard in self.shards())

    def scored(self, version: str, inputs: str = "") -> int:
        """Return how many parts are scored; for any inputs if none are named."""
        return len(self.scored_parts(version, inputs))

    def scored_parts(self, version: str, inputs: str = "") -> set[int]:
        """Return which parts are scored."""
        keys = (one.key for one in self._store.list(self._parts_of(version, inputs)))
        return {int(key.rpartition("-")[2].removesuffix(".npz")) for key in keys}

    def scored_at(self, version: str) -> datetime | None:
        """Return when the last part was planned or scored, None if none was."""
        listed = self._store.list(f"{self._root}ranks/{version}/")
        return max((one.stored_at for one in listed), default=None)

    def scored_inputs(self, version: str) -> set[str]:
        """Return the names of the inputs that parts were scored of; "" if a part names none."""
        keys = (one.key for one in self._store.list(self._parts_of(version, "")))
        return {_inputs_of(key) for key in keys}

    def candidates(self, version: str, inputs: str = "") -> list[bytes]:
        """Return the candidates of the scored parts, oldest tasks first."""
        listed = self._store.list(self._parts_of(version, inputs))
        return [body.body for one in listed if (body := self._store.get(one.key))]

    def forget_parts(self, version: str, inputs: Collection[str]) -> None:
        """Delete the parts that were scored of some inputs."""
        keys = [one.key for one in self._store.list(self._parts_of(version, ""))]
        self._store.delete([key for key in keys if _inputs_of(key) in inputs])

    def forget_ranks(self, keep: str) -> None:
        """Delete plans, parts and orders of all versions but `keep`."""
        prefix = f"{self._root}ranks/"
        mine = f"{prefix}{keep}/"
        keys = (one.key for one in self._store.list(prefix))
        self._store.delete([key for key in keys if not key.startswith(mine)])

    def ranked(self) -> tuple[str, bool]:
        """Return the version that was pushed to Label Studio, "" if none; and if it is trimmed.

        Trimmed: the predictions of earlier versions are deleted.
        """
        fields = fields_of(self._store.get(f"{self._root}ranked.json"))
        return fields.get("version", ""), fields.get("trimmed", False)

    def pushed_parts(self, version: str) -> int:
        """Return how many parts of a version, from the first one on, were pushed."""
        fields = fields_of(self._store.get(f"{self._root}ranked.json"))
        parts = fields.get("lists")
        return parts if fields.get("version") == version and type(parts) is int else 0

    def set_ranked(self, version: str, trimmed: bool = False, parts: int = 0) -> None:
        """Note that a version was pushed. If another write wins a race, that one stays."""
        key = f"{self._root}ranked.json"
        body = canonical({"version": version, "trimmed": trimmed, "lists": parts}).encode()
        write_over(self._store, key, body)

    def _rank_key(self, version: str, name: str) -> str:
        return f"{self._root}ranks/{version}/{name}"

    def _parts_of(self, version: str, inputs: str) -> str:
        return self._rank_key(version, f"list-{inputs}-" if inputs else "list-")


def _inputs_of(part: str) -> str:
    return part.rpartition("/list-")[2].rpartition("-")[0]
