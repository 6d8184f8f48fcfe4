"""Delete what a project no longer needs: old versions, snapshots, features, switches, bad events.

What is in use stays, whatever its age, and everything of the last day: readers look a version up
and read it within seconds, a training reads a snapshot within minutes. Of a project with any damage
nothing is deleted, as it may be mended from what is old.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from zlib import crc32

from labelloop.bucket.leftovers import CARD, EXPIRED, Leftovers
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.version import Version
from labelloop.observability import logger
from labelloop.ports import Listed
from labelloop.usecases.prune_features import StackEncoders, old_features

_GRACE: Final = timedelta(days=1)
_UNREAD: Final = timedelta(days=90)  # time to notice, and to mend what can't read the events
_MOST_ENTRIES: Final = 1_000  # of the history, and of the quarantine: some 300 bytes each
_SLOT: Final = timedelta(minutes=5)  # the time between two sweeps


def is_turn(key: str, now: datetime) -> bool:
    """Say whether a project is pruned in the sweep of this time: once a day, each at its own."""
    slots = timedelta(days=1) // _SLOT
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return crc32(key.encode()) % slots == (now - midnight) // _SLOT


def prune(project: Project, keep: int, now: datetime, stack: StackEncoders) -> int:
    """Delete what is neither in use nor among the `keep` newest; return how many objects."""
    active, leftovers = project.active().value, project.leftovers
    versions = leftovers.versions()
    is_damaged = active == ActivePointer() and bool(versions)
    if is_damaged or project.snapshots.damage():
        return 0
    before = now - _GRACE
    in_use = {active.version, active.previous_version, project.pool.ranked()[0]}
    old = _old_versions(versions, in_use | {leftovers.rejected()}, keep, before, leftovers)
    leftovers.note_deleted(name for name in old if _has_card(versions[name]))
    gone = [one for name in old for one in versions[name]]
    left = [name for name in versions if name not in old]
    gone += _old_snapshots(project, active, left, keep, before)
    with_card = [name for name in left if _has_card(versions[name])]
    gone += old_features(project, with_card, stack, before)
    gone += _old_entries(leftovers.switches(), before, keeps_first=True)
    gone += _old_entries(leftovers.quarantined(), now - _UNREAD)
    # Whoever imports a model deletes these; a command line that was killed did not.
    gone += [one for one in leftovers.imports() if one.stored_at < before]
    if gone:
        leftovers.delete(gone)
        logger().info("project pruned", extra={"project": project.key, "objects": len(gone)})
    return len(gone)


def _old_versions(
    versions: dict[str, list[Listed]],
    in_use: Collection[str],
    keep: int,
    before: datetime,
    leftovers: Leftovers,
) -> list[str]:
    """Return the versions that were marked a day ago, and mark those that come next."""
    gone: list[str] = []
    kept = {*_with_card(versions)[:keep], *in_use}
    for name, objects in versions.items():
        is_marked = any(one.key.endswith(EXPIRED) for one in objects)
        is_old = all(one.stored_at < before for one in objects)
        if name in kept:
            if is_marked:
                leftovers.unmark(name)
        elif is_old and (is_marked or not _has_card(objects)):
            gone.append(name)
        elif is_old:
            leftovers.mark(name)
    return gone


def _with_card(versions: dict[str, list[Listed]]) -> list[str]:
    """Return the versions that have a card, newest first."""
    seqs = {
        name: one.seq
        for name, objects in versions.items()
        if _has_card(objects) and (one := Version.parse(name))
    }
    return sorted(seqs, key=seqs.__getitem__, reverse=True)


def _has_card(objects: Sequence[Listed]) -> bool:
    return any(one.key.endswith(CARD) for one in objects)


def _old_snapshots(
    project: Project, active: ActivePointer, versions: Sequence[str], keep: int, before: datetime
) -> list[Listed]:
    """Return the snapshots that were superseded a day ago, but what versions were trained on."""
    snapshots = project.snapshots
    learnt = {one.seq for one in map(Version.parse, versions) if one}
    kept = learnt | {active.dataset_seq, snapshots.pointer().value.seq, snapshots.repair().restored}
    listed = snapshots.after(0)
    beyond = pairwise(listed[: 1 - keep])  # the newest but `keep`, each with its successor
    superseded = [one for one, later in beyond if later.stored_at < before]
    return [one for one in superseded if snapshots.number_of(one) not in kept]


def _old_entries(
    listed: Sequence[Listed], before: datetime, *, keeps_first: bool = False
) -> list[Listed]:
    """Return all but the newest entries. The first switch says since when tasks were ordered."""
    return [one for one in listed[keeps_first:-_MOST_ENTRIES] if one.stored_at < before]
