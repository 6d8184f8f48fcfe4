"""Keep the active version of each project loaded, and take up a new one while serving the old."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from labelloop.bucket.pointers import ActivePointer, Tagged
from labelloop.bucket.project import Project
from labelloop.domain.serving.options import STRATEGY_NAMES
from labelloop.domain.version import UNTRAINED
from labelloop.errors import BadModel, Unavailable
from labelloop.observability import count, logger
from labelloop.ports import ObjectStore
from labelloop.recipes import both_encoders, name_of

if TYPE_CHECKING:  # protocols take milliseconds of a cold start
    from labelloop.recipes.protocol import Model

type Load = Callable[[str, bytes], Model]
"""Load an artefact that the recipe of that name made; BadModel for any that can't be served."""

_CHECK_EVERY_S: Final = 1.0
_MOST_PROJECTS: Final = 16  # that many models stay in memory


@dataclass(frozen=True, slots=True)
class Served:
    """A version at work; `model` is None while a project has none, else a recipe's."""

    version: str
    model: Model | None
    strategy: str = STRATEGY_NAMES[0]  # names how the version orders tasks
    recipe: str = ""
    signature: str = ""  # which control it answers: see `recipes.signature`

    @property
    def names(self) -> Sequence[str]:
        """What the version's answers are about."""
        return self.model.names if self.model else ()


@dataclass(frozen=True, slots=True)
class _Slot:
    served: Served
    pointer: Tagged[ActivePointer]  # the newest one read, even if its version is not served
    checked_at: float


_EMPTY: Final = _Slot(Served(UNTRAINED, None), Tagged(ActivePointer(), ""), float("-inf"))


class Versions:
    """The versions that this process serves, one for each project; a switch is seen within seconds.

    A version that can't be loaded, or whose encoders can't, is never served: the one before stays,
    and a metric counts it. `demand`: raises BadModel unless an encoder beside the stack's is ready;
    without it there are no others.
    """

    def __init__(
        self,
        store: ObjectStore,
        load: Load,
        encoder: str,
        image_encoder: str = "",
        clock: Callable[[], float] = time.monotonic,
        demand: Callable[[str], object] | None = None,
    ) -> None:
        self._store, self._load_model, self._clock, self._demand = store, load, clock, demand
        self._encoders = {"", encoder, image_encoder, both_encoders(encoder, image_encoder)}
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    def of(self, project: str, max_age_s: float = _CHECK_EVERY_S) -> Served:
        """Return the version that serves a project; Unavailable if it can't be read and never was.

        The pointer is read again if the last read is `max_age_s` ago.
        """
        slot = self._slots.pop(project, _EMPTY)
        try:
            if self._clock() - slot.checked_at >= max_age_s:
                slot = self._checked(Project(self._store, project), slot)
        finally:
            if slot is not _EMPTY:
                self._slots[project] = slot
        while len(self._slots) > _MOST_PROJECTS:
            self._slots.popitem(last=False)
        return slot.served

    def _checked(self, project: Project, slot: _Slot) -> _Slot:
        now, pointer = self._clock(), slot.pointer
        try:
            pointer = project.active_if_changed(slot.pointer)
            slot_now = replace(slot, pointer=pointer, checked_at=now)
            if _names_the_same(pointer.value, slot.pointer.value) and slot is not _EMPTY:
                return slot_now
            return replace(slot_now, served=self._load(project, pointer.value))
        except BadModel as exc:
            facts = {"project": project.key, "version": pointer.value.version, "why": str(exc)}
            logger().error("version rejected", extra=facts)
            count("VersionRejected")
            served = slot.served if slot.served.model else self._previous(project, pointer.value)
            return replace(slot, served=served, pointer=pointer, checked_at=now)
        except Unavailable:
            if slot is _EMPTY:
                raise
            return replace(slot, checked_at=now)

    def _previous(self, project: Project, active: ActivePointer) -> Served:
        """Return the previous version, for a process that never served it; none if that is bad."""
        version, digest = active.previous_version, active.previous_sha256
        try:
            card = project.card(version)
            made = card or active
            before = replace(active, version=version, sha256=digest)
            before = replace(before, recipe=made.recipe, signature=made.signature)
            return self._load(project, before)
        except (BadModel, Unavailable):
            return Served(UNTRAINED, None)

    def _load(self, project: Project, pointer: ActivePointer) -> Served:
        if not pointer.is_trained:
            return Served(UNTRAINED, None)
        artefact = project.model(pointer.version)
        if artefact is None:
            raise BadModel("the model is missing")
        if sha256(artefact).hexdigest() != pointer.sha256:
            raise BadModel("the model's checksum differs")
        recipe = name_of(pointer.recipe)
        model = self._load_model(recipe, artefact)
        if model.encoder not in self._encoders:
            if self._demand is None:
                raise BadModel(f"the model was trained on vectors of {model.encoder}")
            self._demand(model.encoder)
        is_known = pointer.strategy in STRATEGY_NAMES
        strategy = pointer.strategy if is_known else STRATEGY_NAMES[0]
        return Served(pointer.version, model, strategy, recipe, pointer.signature)


def _names_the_same(pointer: ActivePointer, other: ActivePointer) -> bool:
    """Say whether both name the same artefact: pinning it is no reason to load it again."""
    return (pointer.version, pointer.sha256) == (other.version, other.sha256)
