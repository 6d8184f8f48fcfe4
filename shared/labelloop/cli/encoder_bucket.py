"""Encoders in a stack's bucket: what is there, who uses it, and how one is put there.

encoders/<name>/encoder.json, model.onnx, tokenizer.json        see `adapters.encoder_files`
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from labelloop.adapters.encoder_files import TUNED_DIGEST, base_of
from labelloop.bucket.objects import fields_of, write_over
from labelloop.bucket.project import Project, projects
from labelloop.errors import NotFound, Rejected
from labelloop.ports import ObjectStore

_FOLDER: Final = "encoders/"
_DESCRIPTION: Final = "encoder.json"
_PARAMETERS: Final = ("Encoder", "ImageEncoder")
_FORCE: Final = "--force removes it all the same: they can't be activated any more then"
_OTHER_NAME: Final = "take another name: versions name the encoder that they were trained beside"


@dataclass(frozen=True, slots=True)
class Removed:
    """How many files a deleted encoder had, and which versions can't be activated without it."""

    files: int
    versions: list[str]


@dataclass(frozen=True)
class BucketEncoders:
    """The encoders in a bucket. `parameters`: the stack's, which may name one."""

    store: ObjectStore
    parameters: Mapping[str, str]

    def names(self) -> list[str]:
        """Return the names of all encoders, also of those that are not whole."""
        return sorted(self.store.folders(_FOLDER))

    def described(self, name: str) -> dict[str, Any]:
        """Return what is known of an encoder, nothing of one that is not whole."""
        return fields_of(self.store.get(self._key(name, _DESCRIPTION)))

    def put(self, name: str, description: Mapping[str, Any], files: Mapping[str, bytes]) -> bool:
        """Store an encoder, its description last; return whether it is new.

        One with other bytes is replaced if nothing uses it, else Rejected is raised. What texts it
        was tuned to is no part of its vectors, so that is added whatever uses it.
        """
        body = json.dumps(description, indent=1).encode() + b"\n"
        stored = self.store.get(self._key(name, _DESCRIPTION))
        is_same = stored is not None and _says_the_same(fields_of(stored), description)
        if is_same and description.get(TUNED_DIGEST) in (None, fields_of(stored).get(TUNED_DIGEST)):
            return False
        if stored and not is_same and (users := list(self.users(name))):
            why = f"there is another encoder {name} already, in use by {users[0]}"
            raise Rejected(why, _OTHER_NAME)
        self.store.delete([self._key(name, _DESCRIPTION)])
        for file, content in files.items():
            write_over(self.store, self._key(name, file), content)
        write_over(self.store, self._key(name, _DESCRIPTION), body)
        return True

    def remove(self, name: str, *, is_forced: bool = False) -> Removed:
        """Delete an encoder. Rejected while it is in use; `is_forced`: by more than versions that
        are not served, which then can't be activated any more.
        """
        keys = [one.key for one in self.store.list(f"{_FOLDER}{name}/")]
        if not keys:
            raise NotFound(f"there is no encoder {name}", "`labelloop encoder list` names them")
        if users := list(self._at_work(name)):
            fix = "choose another one there first, and wait until a version beside that is served"
            raise Rejected(f"the encoder {name} is in use by {_shown(users)}", fix)
        versions = [one for key in projects(self.store) for one in self._versions(name, key)]
        if versions and not is_forced:
            raise Rejected(f"the encoder {name} is in use by {_shown(versions)}", _FORCE)
        self.store.delete(sorted(keys, key=lambda key: not key.endswith(_DESCRIPTION)))
        return Removed(len(keys), versions)

    def users(self, name: str) -> Iterator[str]:
        """Yield who would miss an encoder: the stack, projects, and a version of each other one."""
        at_work = list(self._at_work(name))
        yield from at_work
        for key in projects(self.store):
            if _of(key) not in at_work:
                yield from islice(self._versions(name, key), 1)

    def _at_work(self, name: str) -> Iterator[str]:
        """Yield the stack if it was deployed with it, and the projects that go by it now."""
        for parameter in _PARAMETERS:
            if self.parameters.get(parameter) == name:
                yield f"the stack's parameter {parameter}"
        for key in projects(self.store):
            project = Project(self.store, key)
            active, chosen = project.active().value, project.options().value.encoder
            if name == chosen or name in _names(active.encoder) | _names(active.encoder_in_use):
                yield _of(key)

    def _versions(self, name: str, key: str) -> Iterator[str]:
        """Yield the versions of a project that were trained beside it."""
        project = Project(self.store, key)
        for version in project.versions():
            card = project.card(version)
            if card and name in _names(card.encoder):
                yield f"version {version} of {_of(key)}"

    def _key(self, name: str, file: str) -> str:
        return f"{_FOLDER}{name}/{file}"


def _of(key: str) -> str:
    return f"project {key}"


def _shown(users: Sequence[str]) -> str:
    return users[0] + (f", and {len(users) - 1} more" if len(users) > 1 else "")


def _names(encoder: str) -> set[str]:
    """Return the names of a version's encoders: one of texts and images has two."""
    return {base_of(one) for one in encoder.split("+")}


def _says_the_same(stored: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether two descriptions are of the same vectors, whatever else they say."""
    hints = {"languages", "licence", "source", TUNED_DIGEST}
    keys = (stored.keys() | new.keys()) - hints
    return all(stored.get(key) == new.get(key) for key in keys)
