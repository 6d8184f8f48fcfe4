"""Find the features of tasks that were made by encoders which nobody uses any more.

An encoder is in use while the stack or the project names it, and while there is a version that was
trained beside it, as that may be activated again. Nothing is deleted while another encoder is taken
up. Whoever goes back to one in the second of the deletion loses no more than time: what is missing
of features is computed anew, and a training that takes up an encoder holds in memory what it needs.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from labelloop.bucket.leftovers import EXPIRED
from labelloop.bucket.project import Project
from labelloop.domain.serving.options import Options
from labelloop.errors import BadModel
from labelloop.ports import Listed
from labelloop.recipes import both_encoders


@dataclass(frozen=True, slots=True)
class StackEncoders:
    """The full names of a stack's encoders, empty for none.

    `chosen`: returns that of one that a project chose; BadModel if it is not here.
    """

    texts: str = ""
    images: str = ""
    chosen: Callable[[str], str] | None = None

    def used_by(self, options: Options) -> set[str]:
        """Return the names by which a project with these options may store features."""
        own = options.encoder
        texts = self.texts if own is None or self.chosen is None else self.chosen(own)
        return {texts, both_encoders(texts, self.images), self.images or texts}


def old_features(
    project: Project, versions: Collection[str], stack: StackEncoders, before: datetime
) -> list[Listed]:
    """Return features that were marked before a time, and mark those that come next.

    `versions`: those that stay.
    """
    options, active = project.options(), project.active()
    try:
        used = stack.used_by(options.value)
    except BadModel:  # what the project chose is not here for now
        return []
    if _is_switching(project, stack):
        return []
    leftovers = project.leftovers
    used |= {active.value.encoder, active.value.encoder_in_use}
    folders = leftovers.features()
    unused = _not_by(used, folders)
    if unused:  # cards are read in this case alone
        beside = _beside(project, versions)
        unused = set() if beside is None else _not_by(used | beside, folders)
    gone: list[Listed] = []
    for name, objects in folders.items():
        is_marked = any(one.key.endswith(EXPIRED) for one in objects)
        if name not in unused:
            if is_marked:
                leftovers.unmark_features(name)
        elif not is_marked:
            leftovers.mark_features(name)
        elif all(one.stored_at < before for one in objects):
            gone += objects
    is_as_before = (project.options(), project.active()) == (options, active)
    return gone if is_as_before else []


def _is_switching(project: Project, stack: StackEncoders) -> bool:
    """Say whether the project has yet to learn something: with another encoder, perhaps."""
    untrained = project.untrained_dataset(
        stack.texts, stack.images, chosen=stack.chosen, trusts_unknown=True
    )
    return untrained is not None


def _not_by(encoders: Collection[str], folders: Collection[str]) -> set[str]:
    """Return the folders by none of these encoders, whose name ends that of a folder."""
    ends = tuple(f"-{encoder or 'none'}" for encoder in encoders)
    return {folder for folder in folders if not folder.endswith(ends)}


def _beside(project: Project, versions: Collection[str]) -> set[str] | None:
    """Return the encoders that versions were trained beside; None if a card can't be read."""
    cards = [project.card(version) for version in versions]
    known = [card.encoder for card in cards if card is not None]
    return set(known) if len(known) == len(cards) else None
