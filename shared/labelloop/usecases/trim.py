"""Delete superseded versions' predictions from Label Studio, and keep no annotator waiting.

Label Studio deletes a version's predictions row by row in one transaction: for 1,000 of them a
SQLite database is locked for 5 to 10 s, and annotators wait or are refused. Deleted one by one they
take longer, and annotators don't notice; but an import finds no moment without another writer, and
tries again ever more seldom. So while people label it is one by one, seconds at a time with rests
between; once nobody has for a while, all at once.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

from labelloop.pointers import is_older
from labelloop.ports import LabelStudio
from labelloop.project import Project
from labelloop.usecases.push import Outcome

_REST: Final = timedelta(minutes=10)
_BUDGET: Final = timedelta(seconds=5)  # of deleting
_BETWEEN_LOOKS: Final = 20


def trim(
    project: Project,
    version: str,
    label_studio: LabelStudio,
    clock: Callable[[], datetime],
) -> Outcome:
    """Delete our versions older than this one; those of others and newer ones stay.

    Idempotent. Ends early, TRIMMING, when its time is over; SUPERSEDED when another version became
    active, whose own trimming deletes more.
    """
    id_ = project.label_studio_id
    shown = label_studio.project(id_).get("model_version")
    known = label_studio.prediction_counts(id_)
    older = {one for one in known if is_older(one, version) and one != shown}
    if not older:
        return Outcome.TRIMMED
    if clock() - project.changed_at() > _REST:
        for one in sorted(older):
            label_studio.delete_predictions(id_, one)
        return Outcome.TRIMMED
    rows = rows_of(older, id_, label_studio)
    started = clock()
    for some in batched(rows, _BETWEEN_LOOKS, strict=False):
        if project.active().value.version != version:
            return Outcome.SUPERSEDED
        if clock() - started > _BUDGET:
            return Outcome.TRIMMING
        for row in some:
            label_studio.delete_prediction(row)
    return Outcome.TRIMMED


def rows_of(versions: Collection[str], id_: int, label_studio: LabelStudio) -> list[int]:
    """Return the predictions of some versions, oldest first."""
    found = label_studio.predictions(id_)
    return sorted(one["id"] for one in found if one["model_version"] in versions)
