"""Random histories of a labelling project: what Label Studio would tell of it, as events."""

import random
from datetime import datetime, timedelta
from typing import Any

from labelloop.domain.intake.events import Annotation, Event, Task
from tests.builders import LABELS, PROJECT, annotation, event, label_config, region

_ACTIONS = ("label",) * 3 + ("bulk",) * 3 + ("delete", "delete_task", "settings", "button")
_IDS = range(1, 9)  # few, so that events are about the same rows


def random_event(chance: random.Random, now: datetime) -> Event:
    """Return one of the events that Label Studio may send now."""
    match chance.choice(_ACTIONS):
        case "label":
            return _labelled(chance, now, chance.sample(_IDS, 1), "ANNOTATION_UPDATED")
        case "bulk":
            return _labelled(chance, now, chance.sample(_IDS, 3), "ANNOTATIONS_CREATED")
        case "delete":
            ids = tuple(sorted(chance.sample(_IDS, chance.choice((1, 1, 3)))))
            return _at(now, action="ANNOTATIONS_DELETED", deleted_annotations=ids)
        case "delete_task":
            return _at(now, action="TASKS_DELETED", deleted_tasks=(chance.choice(_IDS),))
        case "button":
            return _at(now, action="START_TRAINING")
        case _:
            changed = label_config(*LABELS[:: chance.choice((1, -1))])
            return _at(now, action="PROJECT_UPDATED", label_config=changed)


def _labelled(chance: random.Random, now: datetime, ids: list[int], action: str) -> Event:
    annotations = tuple(_annotation(chance, now, id_) for id_ in ids)
    return _at(now, action=action, annotations=annotations, tasks=tuple(map(_task, ids)))


def _annotation(chance: random.Random, now: datetime, id_: int) -> Annotation:
    changed = _text(now - timedelta(seconds=chance.choice((0, 0, 0, 1, 60))))
    return annotation(
        id_,
        result=[region(chance.choice(LABELS))],
        created_at=chance.choice((_text(now - timedelta(hours=1)), changed)),
        updated_at=changed,
        skipped=chance.random() < 0.1,
    )


def _task(id_: int) -> Task:
    at = "2026-11-01T00:00:00.000000+00:00"  # before any delete; ids are not used again here
    return Task(id=id_, created_at=at, updated_at=at, data={"text": f"text {id_}"})


def _at(now: datetime, **fields: Any) -> Event:
    # What belongs to the project never changes while time stands still.
    stamps = {"received_at": _text(now), "project_updated_at": _text(now), "project": PROJECT}
    return event(**stamps | fields)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")
