"""The objects of one Label Studio project in the bucket, and how they are written.

projects/<id>.<created>/
  events/<received>-<uuid>.json       one per webhook, immutable, deleted once folded
  quarantine/<same name>.json         events that could not be understood, with the reason
  datasets/, dataset.json             snapshots of the dataset, and the pointer: see `snapshots`
  models/<seq>-<attempt>/model.onnx   immutable
  models/<seq>-<attempt>/card.json    written last: a version exists once its card does
  models/<seq>-<attempt>/...          the record of its training: see `evidence`
  gate.json                           the last version that was rejected: see there
  active.json                         pointer to the version that is served  (compare-and-swap)
  options.json                        the project's options                  (compare-and-swap)
  ordered.json                        Label Studio's order by score was switched on once
  survey.json                         the walk over Label Studio's tasks: see `surveys`
  archived.json                       Label Studio no longer has the project: see `archive`
  history/                            the switches, when and why: see `history`
  features/                           the features of tasks: see `features`
  models/<version>/expired.json       will be deleted: see `leftovers`
  deleted.json                        names of versions that were deleted: see there
  lease.json, pushing.json, trimming.json   the workers at work: see `lease`
  progress.json                       how far a training is: see `progress`
  spent/                              what trainings and rankings took: see `spent`
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from labelloop.bucket.history import History
from labelloop.bucket.leftovers import EXPIRED
from labelloop.bucket.objects import PROJECTS, fields_of, swap
from labelloop.bucket.pointers import ActivePointer, DatasetPointer, Tagged
from labelloop.bucket.project_files import ProjectFiles
from labelloop.bucket.snapshots import Snapshots
from labelloop.domain.intake.events import Event, canonical
from labelloop.domain.project_key import is_project_key
from labelloop.domain.serving.options import Options
from labelloop.domain.version import Version
from labelloop.errors import BadModel, Damaged
from labelloop.ports import Listed, ObjectStore
from labelloop.recipes import added_state, are_all_loaded, encoder_of, name_of

if TYPE_CHECKING:
    from labelloop.domain.intake.folding import Dataset
    from labelloop.domain.judging.card import Card

_NO_OPTIONS: Final = Tagged(Options(), "")


class Project(ProjectFiles):
    """The objects of one project. Raises what the store raises: Conflict, Unavailable."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        super().__init__(store, key)
        self._root = f"{PROJECTS}{key}/"
        self.history = History(store, self._root)
        self.snapshots = Snapshots(store, self._root)

    def exists(self) -> bool:
        """Say whether anything is stored for the project."""
        return next(self._store.list(self._root), None) is not None

    # -- events ------------------------------------------------------------------------------

    def add_event(self, name: str, event: Event) -> None:
        """Store an event under a new name."""
        self._store.create(self._event_key(name), event.to_json())

    def pending(self) -> list[Listed]:
        """Return the events still to be folded, oldest first."""
        return list(self._store.list(f"{self._root}events/"))

    def has_pending(self) -> bool:
        """Say whether any event is still to be folded."""
        return next(self._store.list(f"{self._root}events/"), None) is not None

    def read(self, listed: Listed) -> bytes | None:
        """Return the body of a pending event, None if another worker folded it meanwhile."""
        stored = self._store.get(listed.key)
        return stored.body if stored else None

    def is_event(self, listed: Listed, name: str) -> bool:
        """Say whether a listed object is the event of that name."""
        return listed.key == self._event_key(name)

    def event_name(self, listed: Listed) -> str:
        """Return the name that a listed event was stored under."""
        return listed.key.rpartition("/")[2].removesuffix(".json")

    def forget(self, listed: list[Listed]) -> None:
        """Delete events that a stored snapshot holds."""
        self._store.delete(one.key for one in listed)

    def quarantined(self) -> int:
        """Return how many events are in quarantine."""
        return sum(1 for _ in self._store.list(f"{self._root}quarantine/"))

    def quarantine(self, listed: Listed, body: bytes, reason: str) -> None:
        """Put an event into quarantine with the reason. Idempotent."""
        text = body.decode("utf-8", "backslashreplace")
        quarantined = canonical({"reason": reason, "event": text}).encode()
        self._store.create(f"{self._root}quarantine/{self.event_name(listed)}.json", quarantined)
        self._store.delete([listed.key])

    def _event_key(self, name: str) -> str:
        return f"{self._root}events/{name}.json"

    # -- dataset -----------------------------------------------------------------------------

    def dataset_pointer(self) -> Tagged[DatasetPointer]:
        """Return the pointer to the newest snapshot."""
        return self.snapshots.pointer()

    def changed_at(self) -> datetime:
        """Return when the newest snapshot was stored, by the store's clock."""
        return self.snapshots.changed_at()

    def dataset(self, pointer: DatasetPointer) -> "Dataset":
        """Return a snapshot for reading only; if it is damaged, the newest that can be read.

        To learn from one, or to store another, read it by `snapshots`: labels that are missing here
        are not deleted.
        """
        try:
            return self.snapshots.read(pointer)
        except Damaged as exc:
            from labelloop.domain.intake.folding import Dataset
            from labelloop.observability import count, logger

            logger().error("dataset damaged", extra={"project": self.key, "why": str(exc)})
            count("DatasetDamaged")
            readable = self.snapshots.newest_readable()
            return readable[0][1] if readable else Dataset()

    def add_dataset(self, after: Tagged[DatasetPointer], dataset: "Dataset") -> DatasetPointer:
        """Store a snapshot and point to it; Conflict if the pointer was swapped meanwhile."""
        return self.snapshots.add(after, dataset)

    def untrained_dataset(
        self,
        encoder: str,
        image_encoder: str = "",
        *,
        chosen: Callable[[str], str] | None = None,
        trusts_unknown: bool = False,
    ) -> DatasetPointer | None:
        """Return the newest snapshot unless the active version has learnt it, or is pinned.

        A version that was made beside another encoder than its recipe uses here, by another
        release, with other options than those chosen since, or before a recipe of one's own came
        or went, has yet to learn it. `chosen`: returns the full name of the encoder that the
        project chose over the stack's. `trusts_unknown`: leave what a recipe that can't be loaded
        here may have a part in to functions that can, or they would be woken for ever; and have a
        version of a recipe that is gone looked at once.
        """
        pointer, active = self.dataset_pointer().value, self.active().value
        options = self.options().value
        if chosen is not None and options.encoder is not None:
            encoder = chosen(options.encoder)
        age = (pointer.seq, options.revision)
        used = encoder_of(active.recipe, encoder, image_encoder) if active.is_trained else ""
        is_foreign = active.is_trained and active.encoder_in_use != used
        is_behind = age > active.age or (age == active.age and is_foreign)
        is_behind = is_behind or _is_outdated(active, trusts_unknown=trusts_unknown)
        return pointer if pointer.seq > 0 and is_behind and not active.pinned else None

    # -- versions ----------------------------------------------------------------------------

    def active(self) -> Tagged[ActivePointer]:
        """Return the pointer to the version that is served; to none if it cannot be read.

        So the next training overwrites a damaged pointer.
        """
        stored = self._store.get(f"{self._root}active.json")
        if stored is None:
            return Tagged(ActivePointer(), "")
        try:
            return Tagged(ActivePointer.from_json(stored.body), stored.etag)
        except BadModel:
            return Tagged(ActivePointer(), stored.etag)

    def active_version(self) -> str:
        """Return the name of the version that is served."""
        return self.active().value.version

    def active_if_changed(self, since: Tagged[ActivePointer]) -> Tagged[ActivePointer]:
        """Return the pointer, read only if it changed since; BadModel if it cannot be read."""
        key = f"{self._root}active.json"
        stored = self._store.get_changed(key, since.etag) if since.etag else self._store.get(key)
        return Tagged(ActivePointer.from_json(stored.body), stored.etag) if stored else since

    def add_model(self, model: bytes, card: "Card") -> None:
        """Store a version's artefacts, the card last."""
        root = f"{self._root}models/{card.version}/"
        self._store.create(f"{root}model.onnx", model)
        text = json.dumps(card.to_json(), indent=1, sort_keys=True)
        self._store.create(f"{root}card.json", text.encode())

    def model(self, version: str) -> bytes | None:
        """Return a version's model, None if there is none."""
        stored = self._store.get(f"{self._root}models/{version}/model.onnx")
        return stored.body if stored else None

    def card(self, version: str) -> "Card | None":
        """Return a version's card, None if there is no such version."""
        from labelloop.domain.judging.card import Card

        if Version.parse(version) is None:
            return None
        stored = self._store.get(f"{self._root}models/{version}/card.json")
        return Card.read(version, fields_of(stored))

    def signature(self, card: "Card") -> str:
        """Return which control a version answers, also of one that stores none; empty if unknown.

        That is read from the snapshot that it learnt.
        """
        if card.signature:
            return card.signature
        from labelloop.recipes.signature import signature_by

        try:
            learnt = self.snapshots.read(DatasetPointer(card.dataset_seq, card.dataset_sha256))
        except Damaged:
            return ""
        return signature_by(learnt.label_config, name_of(card.recipe))

    def switch(self, after: Tagged[ActivePointer], to: ActivePointer, why: dict[str, Any]) -> None:
        """Serve another version from now on; Conflict if the pointer was swapped meanwhile."""
        self._swap("active.json", after.etag, asdict(to))
        entry = {"version": to.version, "instead_of": after.value.version, "pinned": to.pinned}
        self.history.add(to.switch, entry | why)

    def versions(self) -> list[str]:
        """Return the versions that have a card and will not be deleted soon, newest first."""
        prefix = f"{self._root}models/"
        keys = [listed.key.removeprefix(prefix) for listed in self._store.list(prefix)]
        expired = {key.removesuffix(EXPIRED) for key in keys if key.endswith(EXPIRED)}
        names = {key.removesuffix("/card.json") for key in keys if key.endswith("/card.json")}
        seqs = {name: one.seq for name in names - expired if (one := Version.parse(name))}
        return sorted(seqs, key=seqs.__getitem__, reverse=True)

    def all_versions(self) -> set[str]:
        """Return the names of the versions that there are, and of those that were deleted."""
        return {*self.leftovers.versions(), *self.leftovers.deleted()}

    def advance(self, after: Tagged[ActivePointer], to: ActivePointer) -> None:
        """Keep the version, and note that newer data does not change it."""
        self._swap("active.json", after.etag, asdict(to))

    def _swap(self, name: str, etag: str, fields: Any) -> None:
        swap(self._store, self._root + name, canonical(fields).encode(), etag)

    # -- the pool ----------------------------------------------------------------------------

    def shards_with_features(self) -> dict[str, datetime]:
        """Return the names of the pool's shards that any features are stored of, and since when."""
        listed = self._store.list(f"{self._root}features/")
        pooled = ((one.key.rpartition("/"), one.stored_at) for one in listed if "/pool/" in one.key)
        return {name.rpartition("-")[0]: stored_at for (_, _, name), stored_at in pooled}

    # -- Label Studio ------------------------------------------------------------------------

    def is_ordered(self) -> bool:
        """Say whether the order by score was switched on in Label Studio before."""
        return self._store.get(f"{self._root}ordered.json") is not None

    def set_ordered(self) -> None:
        """Note that it was switched on."""
        self._store.create(f"{self._root}ordered.json", b"{}")

    # -- options -----------------------------------------------------------------------------

    def options(self) -> Tagged[Options]:
        """Return the options of this project."""
        stored = self._store.get(f"{self._root}options.json")
        return Tagged(Options.read(fields_of(stored)), stored.etag) if stored else _NO_OPTIONS

    def set_options(self, after: Tagged[Options], to: Options) -> None:
        """Store the options; Conflict if they were swapped meanwhile."""
        self._swap("options.json", after.etag, asdict(to))


def _is_outdated(active: ActivePointer, *, trusts_unknown: bool) -> bool:
    """Say whether other recipes are installed than those that last looked at a project."""
    is_unseen = active.recipes != added_state()
    if not trusts_unknown:
        return active.is_outdated or is_unseen
    if is_unseen and are_all_loaded():
        return True
    return active.is_outdated and not active.is_of_unknown_recipe


def projects(store: ObjectStore) -> Iterator[str]:
    """Yield the keys of all projects that anything is stored for."""
    return filter(is_project_key, store.folders(PROJECTS))
