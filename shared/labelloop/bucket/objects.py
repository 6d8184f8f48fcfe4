"""Small objects in the bucket: how they are read and overwritten."""

import json
from contextlib import suppress
from typing import Any, Final

from labelloop.errors import Conflict
from labelloop.ports import ObjectStore, Stored

PROJECTS: Final = "projects/"  # all that is stored of a project lies below this and its key


def fields_of(stored: Stored | None) -> dict[str, Any]:
    """Return the fields of a small JSON object; none if it is missing or can't be read."""
    try:
        value = json.loads(stored.body) if stored else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def swap(store: ObjectStore, key: str, body: bytes, etag: str) -> str:
    """Store an object over the one with that tag, return the new tag; Conflict if it has another.

    An empty tag: there must be no object yet.
    """
    return store.replace(key, body, etag) if etag else store.create(key, body)


def write_over(store: ObjectStore, key: str, body: bytes) -> None:
    """Store an object, over another one if there is one. If another write wins a race, it stays."""
    stored = store.get(key)
    with suppress(Conflict):
        swap(store, key, body, stored.etag if stored else "")
