"""What of a project may be deleted after some time, and the marks of what will be.

    projects/<id>.<created>/
      models/<version>/expired.json     to be deleted; nobody may activate it any more
      features/<folder>/expired.json    to be deleted, unless somebody uses them meanwhile
      deleted.json                      the names of versions that were deleted

A mark comes a day before the deletion. Whoever activates a version looks for its mark first, and is
done long before the day is over. So no version is deleted that became the active one meanwhile.

Features are another matter: whatever is missing of them is computed anew, so nobody looks for their
mark. It keeps what somebody may soon go back to.

Names stay, as Label Studio may still have predictions of a version that is gone.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from labelloop.bucket.objects import PROJECTS, fields_of, swap
from labelloop.domain.intake.events import canonical
from labelloop.errors import Conflict
from labelloop.ports import Listed, ObjectStore, Stored

EXPIRED: Final = "/expired.json"
CARD: Final = "/card.json"
MOST_NAMES: Final = 10_000  # of deleted versions: 200 KB


class Leftovers:
    """The objects of one project that grow in number. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/"

    def versions(self) -> dict[str, list[Listed]]:
        """Return the objects of each version; also of attempts that ended before their card."""
        return self._by_folder("models")

    def features(self) -> dict[str, list[Listed]]:
        """Return the objects of each folder of features."""
        return self._by_folder("features")

    def _by_folder(self, room: str) -> dict[str, list[Listed]]:
        prefix, found = f"{self._root}{room}/", defaultdict(list)
        for one in self._store.list(prefix):
            found[one.key.removeprefix(prefix).partition("/")[0]].append(one)
        return found

    def rejected(self) -> str:
        """Return the version that was rejected last, which may be served later."""
        return str(fields_of(self._store.get(f"{self._root}gate.json")).get("version", ""))

    def switches(self) -> list[Listed]:
        """Return the entries of the history, oldest first."""
        return list(self._store.list(f"{self._root}history/"))

    def quarantined(self) -> list[Listed]:
        """Return the events that could not be read, oldest first."""
        return list(self._store.list(f"{self._root}quarantine/"))

    def imports(self) -> list[Listed]:
        """Return what is stored of models that people imported, beside the versions they became."""
        return list(self._store.list(f"{self._root}imports/"))

    def mark(self, version: str) -> None:
        """Mark a version as one that will be deleted."""
        self._create(self._mark(version))

    def unmark(self, version: str) -> None:
        """Take the mark from a version that is in use."""
        self._store.delete([self._mark(version)])

    def mark_features(self, folder: str) -> None:
        """Mark a folder of features as one that will be deleted."""
        self._create(self._features_mark(folder))

    def unmark_features(self, folder: str) -> None:
        """Take the mark from features that are in use."""
        self._store.delete([self._features_mark(folder)])

    def _create(self, mark: str) -> None:
        with suppress(Conflict):
            self._store.create(mark, b"{}")

    def is_marked(self, version: str) -> bool:
        """Say whether a version will be deleted."""
        return self._store.get(self._mark(version)) is not None

    def deleted(self) -> list[str]:
        """Return the names of the last 10,000 versions that were deleted, in that order."""
        return self._names(self._store.get(self._deleted))

    def note_deleted(self, names: Iterable[str]) -> None:
        """Remember versions that are deleted next. Conflict if another call does so meanwhile."""
        stored = self._store.get(self._deleted)
        before = self._names(stored)
        if new := sorted(set(names) - set(before)):
            body = canonical({"versions": [*before, *new][-MOST_NAMES:]}).encode()
            swap(self._store, self._deleted, body, stored.etag if stored else "")

    def delete(self, objects: Iterable[Listed]) -> None:
        """Delete objects, cards first and marks last, so that no version is there by half.

        A deletion that is cut off goes on with the next one.
        """
        keys = [one.key for one in objects]
        cards = {key for key in keys if key.endswith(CARD)}
        marks = {key for key in keys if key.endswith(EXPIRED)}
        rest = [key for key in keys if key not in cards | marks]
        for part in (sorted(cards), rest, sorted(marks)):
            if part:
                self._store.delete(part)

    @staticmethod
    def _names(stored: Stored | None) -> list[str]:
        names = fields_of(stored).get("versions")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    @property
    def _deleted(self) -> str:
        return f"{self._root}deleted.json"

    def _mark(self, version: str) -> str:
        return f"{self._root}models/{version}{EXPIRED}"

    def _features_mark(self, folder: str) -> str:
        return f"{self._root}features/{folder}{EXPIRED}"
