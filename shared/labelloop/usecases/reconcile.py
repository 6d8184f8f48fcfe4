"""Learn what no event told: fold Label Studio's export where its counters differ from ours.

Webhooks are lost for good when a call takes over a second, and imports send none.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from labelloop.domain.events import Event
from labelloop.domain.folding import Dataset
from labelloop.labelstudio import read_export
from labelloop.project import Project
from labelloop.studio_project import StudioProject


def reconcile(project: Project, studio: StudioProject, now: datetime) -> Iterator[Event]:
    """Yield events that make the dataset what Label Studio has; none if both count the same.

    Nothing while events wait to be folded: they would look like a difference. What the dataset held
    before the export began, and the export lacks, was deleted. A difference that an export did not
    mend is not exported again until either side has changed. Once a day the export is read though
    the counts agree: a lost update, or a delete and an import, leave them as they were.
    """
    if project.has_pending():
        return
    pointer = project.dataset_pointer().value
    dataset = project.dataset(pointer)
    known = studio.settings()
    total, today = known.get("total_annotations_number"), f"{now:%Y-%m-%d}"
    compared = [total, pointer.sha256]
    last = project.reconciled() or {"compared": None, "day": None}
    agrees = total == len(_counted(dataset)) or last["compared"] == compared
    if agrees and last["day"] == today:
        return
    # Label Studio does not say when it was changed: what is known already stays as old as it was.
    config = known.get("label_config")
    config = None if config == dataset.label_config else config
    seen: set[int] = set()
    for tasks in studio.export():
        event = read_export(project.key, tasks, now, config)
        seen |= {annotation.id for annotation in event.annotations}
        yield event
    # Skips too: the export has them, though the counters don't.
    if gone := sorted({one.id for one in dataset.live_annotations()} - seen):
        yield replace(read_export(project.key, [], now, config), deleted_annotations=tuple(gone))
    project.set_reconciled({"compared": compared, "day": today})


def _counted(dataset: Dataset) -> set[int]:
    """Return the annotations that Label Studio counts: it keeps skips apart."""
    return {a.id for a in dataset.live_annotations() if not a.skipped}
