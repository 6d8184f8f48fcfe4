"""Serve a version that somebody names, newer or older than the one served now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from labelloop.bucket.pointers import ActivePointer, Tagged
from labelloop.bucket.project import Project
from labelloop.bucket.races import swapped
from labelloop.domain.version import UNTRAINED, before
from labelloop.errors import NotFound, Unprocessable
from labelloop.messages import RankWakeUp
from labelloop.ports import Clock, ObjectStore, Queue, utc_now
from labelloop.recipes import format_of, name_of
from labelloop.recipes.signature import why_unanswered
from labelloop.usecases.serving.restore_active import restore_active


@dataclass(frozen=True, kw_only=True)
class ActivateDeps:
    """What switching by hand needs from outside."""

    store: ObjectStore
    rank_queue: Queue
    clock: Clock = utc_now
    has_encoder: Callable[[str], bool] = lambda _: False  # beside the one in use


def activate(key: str, version: str, deps: ActivateDeps, by: str = "") -> bool:
    """Serve the version from now on; return whether that changed anything. `by`: who asks for it.

    Raises NotFound for a version without a card, Unprocessable for one of another format or
    control, or of an encoder that is not here any more. Data that was learnt already counts as
    learnt, so no training on it replaces the choice. `untrained` may be named while it is held
    back, as labels are gone.
    """
    project = Project(deps.store, key)
    if version == UNTRAINED:
        return _activate_none(project, deps, by)
    card = project.card(version)
    if card is None or project.leftovers.is_marked(version):
        raise NotFound("version: unknown; `labelloop versions` lists the known ones")
    restore_active(project)
    encoder = project.active().value.encoder_in_use
    is_ready = card.encoder == encoder or card.is_imported or deps.has_encoder(card.encoder)
    if not is_ready:
        raise Unprocessable(
            f"version: trained beside encoder {card.encoder or 'none'}, "
            f"but {encoder or 'none'} is in use"
        )
    served, name = format_of(card.recipe), name_of(card.recipe)
    if not served:
        raise Unprocessable(f"version: made by the recipe {name!r}, which is not installed here")
    if card.format != served:
        raise Unprocessable(f"version: of format {card.format}, but this release serves {served}")
    config = project.dataset(project.dataset_pointer().value).label_config
    if why := why_unanswered(config, name, project.signature(card)):
        raise Unprocessable(f"version: {why}")

    def chosen(active: ActivePointer) -> ActivePointer:
        return active if active.version == version else active.replaced_by(card)

    is_changed = switch_by_hand(project, chosen, f"activated {version}", deps.clock(), by)
    if is_changed:
        deps.rank_queue.send(RankWakeUp(key), 0)
    return is_changed


def _activate_none(project: Project, deps: ActivateDeps, by: str) -> bool:
    """Serve no version at once, if that was rejected and is held back."""
    restore_active(project)
    before = project.active().value.version
    if project.evidence.rejection(before).value.version != UNTRAINED:
        raise NotFound("version: unknown; `labelloop versions` lists the known ones")

    def chosen(active: ActivePointer) -> ActivePointer:
        return active.without_model() if active.version == before else active

    is_changed = switch_by_hand(project, chosen, f"activated {UNTRAINED}", deps.clock(), by)
    if is_changed:
        deps.rank_queue.send(RankWakeUp(project.key), 0)
    return is_changed


def switch_by_hand(
    project: Project,
    chosen: Callable[[ActivePointer], ActivePointer],
    why: str,
    now: datetime,
    by: str = "",
) -> bool:
    """Swap the active pointer for the chosen one; return whether that differs."""

    def another(after: Tagged[ActivePointer]) -> ActivePointer | None:
        to = chosen(after.value)
        if to == after.value:
            return None
        return replace(to, switch=project.history.next_after(after.value.switch))

    def write(after: Tagged[ActivePointer], to: ActivePointer) -> None:
        entry = {"why": why, "at": now.isoformat(timespec="seconds")}
        project.switch(after, to, entry | ({"by": by} if by else {}))

    return swapped(project.active, another, write, "the active version").to is not None


def replaced_by_imported(project: Project) -> str:
    """Return the version that a model that people imported took the place of, empty for others."""
    active = project.active().value
    card = project.card(active.version)
    return active.previous_version if card and card.is_imported else ""


def roll_back(key: str, deps: ActivateDeps, by: str = "") -> str:
    """Serve the version before the active one; return its name. NotFound if there is none."""
    project = Project(deps.store, key)
    active = project.active_version()
    earlier = before(project.versions(), active, replaced_by_imported(project))
    if earlier is None:
        raise NotFound(
            f"there is no version before {active}", "`labelloop versions` lists them all"
        )
    activate(key, earlier, deps, by)
    return earlier
