"""Mend a dataset whose pointer or newest snapshot is missing or damaged."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Final

from labelloop.bucket.project import Project
from labelloop.bucket.snapshots import Repair
from labelloop.domain.intake.events import text_of
from labelloop.domain.intake.folding import Dataset, joined
from labelloop.domain.version import Version
from labelloop.observability import count, logger

_PATIENCE: Final = timedelta(days=1)


def mend(project: Project, why: str, now: datetime) -> Repair:
    """Go on from the newest snapshot that can be read; return the repair.

    If labels may be missing, a comparison of all labels with Label Studio's is requested. The
    repair is stored before anything is changed, so that being killed in between loses nothing. The
    next snapshot's number is above those that versions were made of, or no later version would
    count as newer. Conflict if the pointer is swapped meanwhile.
    """
    snapshots = project.snapshots
    after, numbers = snapshots.pointer(), snapshots.numbers()
    readable = snapshots.newest_readable()
    made = [one.seq for one in map(Version.parse, project.versions()[:1]) if one]
    top = max(0, after.value.seq, project.active().value.dataset_seq, *numbers, *made)
    is_whole = bool(readable) and readable[0][0].seq == top
    is_whole = is_whole and len(readable) == numbers.count(top)
    restored = readable[0][0].seq if readable else 0
    repair = Repair(why, text_of(now), lost=not is_whole, restored=restored)
    snapshots.note(repair)
    if repair.lost:
        project.surveys.ask(now)
    if is_whole and len(readable) == 1:
        snapshots.point_to(after, readable[0][0])
    else:
        dataset = reduce(joined, (one for _, one in readable), Dataset())
        snapshots.add(after, dataset, at_least=top + 1)
    facts = {"project": project.key, "why": why, "lost": repair.lost, "restored": restored}
    logger().error("dataset mended", extra=facts)
    count("DatasetDamaged")
    return repair


def may_lack_labels(project: Project, now: datetime) -> bool:
    """Say whether labels may be missing: until all were compared, or for a day if nobody compares.

    A version that is trained without them would unlearn them.
    """
    repair = project.snapshots.repair()
    if not repair.lost:
        return False
    since = datetime.fromisoformat(repair.since)
    if now - since >= _PATIENCE:
        return False
    survey = project.surveys.state().value
    is_over = not (survey.asked or survey.began) and bool(survey.ended)
    ended = datetime.fromisoformat(survey.ended) if is_over else since
    return not is_over or ended < since.replace(microsecond=0)
