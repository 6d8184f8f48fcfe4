"""The two pointers of a project: which dataset is the newest, and which version is served."""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from labelloop.domain.version import UNTRAINED
from labelloop.errors import BadModel
from labelloop.recipes import GENERATION, format_of, name_of
from labelloop.recipes.signature import has_other_formats, recipes_of

if TYPE_CHECKING:
    from labelloop.domain.judging.card import Card


@dataclass(frozen=True, slots=True)
class DatasetPointer:
    """The newest snapshot, and the project's title. `seq` counts snapshots; 0 = none yet."""

    seq: int = 0
    sha256: str = ""
    annotations: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class ActivePointer:
    """The version that is served. `switch` counts the switches.

    `recipe` and `format` say what made the artefact; of no version the format is the recipes'
    generation, and `recipes` which of one's own were asked when a training last looked at it.
    `learnt` is the checksum of what the version was trained on, `encoder` the name of
    the encoder that it was trained beside, `passed_over` that of the one in use where a person
    activated a version of another; it stays until there is something new to learn. The previous
    version is for predictors that start while this one can't be loaded.
    """

    version: str = UNTRAINED
    dataset_seq: int = 0
    format: int = 0
    sha256: str = ""
    learnt: str = ""
    encoder: str = ""
    switch: int = 0
    pinned: bool = False  # nothing but a person switches a pinned project
    previous_version: str = UNTRAINED
    previous_sha256: str = ""
    strategy: str = ""  # names how the version orders tasks
    revision: int = 0  # of the options that it was made with
    held_until: str = ""  # then a version that was rejected for changed labels is served
    recipe: str = ""
    signature: str = ""  # which control it answers: see `recipes.signature`
    passed_over: str | None = None
    recipes: str = ""

    @property
    def encoder_in_use(self) -> str:
        """The encoder that the project had, by choice or by the stack's, when this was set."""
        return self.encoder if self.passed_over is None else self.passed_over

    @property
    def is_trained(self) -> bool:
        """Say whether the version has a model."""
        return self.version != UNTRAINED

    @property
    def is_outdated(self) -> bool:
        """Say whether another release made the version, so that this one can't read its model.

        Or this one may learn what that one could not. After a rollback the pointer names a version
        of a later format, which is replaced by one of ours. The last trainers of an earlier release
        may set the pointer too; the sweep puts that right.
        """
        now = format_of(self.recipe) if self.is_trained else GENERATION
        return self.format != now or has_other_formats(self.signature)

    @property
    def is_of_unknown_recipe(self) -> bool:
        """Say whether a recipe that is not installed here made the version, or a part of it."""
        made_by = [self.recipe, *recipes_of(self.signature)]
        return self.is_trained and 0 in map(format_of, made_by)

    @property
    def age(self) -> tuple[int, int]:
        """What makes one version newer than another: its data and its options."""
        return self.dataset_seq, self.revision

    @property
    def made_by(self) -> tuple[str, int, str]:
        """What makes versions of the same data different: recipe, format and encoder."""
        return name_of(self.recipe), self.format, self.encoder_in_use

    def has_held(self, now: str) -> bool:
        """Say whether a rejected version has been held back for long enough."""
        return "" < self.held_until <= now and not self.pinned

    def without_model(self) -> Self:
        """Return the pointer to no version, in place of this one."""
        return replace(
            self,
            version=UNTRAINED,
            recipe="",
            signature="",
            format=GENERATION,
            sha256="",
            learnt="",
            encoder=self.encoder_in_use,
            passed_over=None,
            previous_version=self.version,
            previous_sha256=self.sha256,
            held_until="",
        )

    def replaced_by(self, card: "Card") -> Self:
        """Return the pointer to the version of a card, in place of this one."""
        is_as_new, in_use = card.dataset_seq >= self.dataset_seq, self.encoder_in_use
        # What is learnt is counted by each recipe in its own way, by an imported model's too.
        is_own = is_as_new or name_of(card.recipe) != name_of(self.recipe)
        return replace(
            self,
            version=card.version,
            dataset_seq=max(card.dataset_seq, self.dataset_seq),
            recipe=card.recipe,
            signature=card.signature,
            format=card.format,
            sha256=card.sha256,
            encoder=card.encoder,
            passed_over=None if card.encoder == in_use else in_use,
            # An older version is chosen over what was learnt since; that stays learnt.
            learnt=card.learnt if is_own else self.learnt,
            strategy=card.strategy or self.strategy,
            previous_version=self.version,
            previous_sha256=self.sha256,
            held_until="",
        )

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Return a stored pointer, BadModel if it names no version. Later fields may be missing."""
        try:
            stored = json.loads(body)
            fields = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
            pointer = cls(**fields | {"version": stored["version"]})
        except (KeyError, TypeError, ValueError, RecursionError) as exc:
            raise BadModel(f"the pointer cannot be read: {type(exc).__name__}") from exc
        if not isinstance(pointer.version, str) or type(pointer.dataset_seq) is not int:
            raise BadModel("the pointer cannot be read")
        return pointer


@dataclass(frozen=True, slots=True)
class Tagged[T]:
    """A pointer with the tag to swap it by; an empty tag = it does not exist yet."""

    value: T
    etag: str
