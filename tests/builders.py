"""Events and bodies for tests: one project, two labels, made to order."""

from dataclasses import replace
from typing import Any

from labelloop.domain.intake.events import Annotation, Event, Task
from labelloop.domain.judging.card import Card
from labelloop.recipes.text_choices import FORMAT, NAME

PROJECT = "38.1795398621"
PROJECT_ID, PROJECT_MADE_AT = 38, "2026-11-23T01:50:21.000000Z"
LABELS = ("Positive", "Negative")


def label_config(*labels: str) -> str:
    choices = "".join(f'<Choice value="{label}"/>' for label in labels or LABELS)
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="label" toName="text" choice="single">{choices}</Choices></View>'
    )


def unreadable_config() -> str:
    """Return a label config that no recipe reads: of its tasks nothing can be told."""
    return label_config().replace("<Text", "<Video")


def free_text_config() -> str:
    """Return a label config that no recipe learns, and whose tasks can be ordered."""
    return (
        '<View><Text name="text" value="$text"/>'
        '<TextArea name="answer" toName="text" rows="4"/></View>'
    )


def region(label: str) -> dict[str, Any]:
    return {
        "from_name": "label",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": [label]},
    }


def annotation(id_: int, label: str | None = "Positive", **changes: Any) -> Annotation:
    fields: dict[str, Any] = {
        "id": id_,
        "task": id_,
        "created_at": "2026-11-23T10:00:00.000000+00:00",
        "updated_at": f"2026-11-23T10:00:{id_ % 60:02d}.000000+00:00",
        "result": [region(label)] if label else [],
        "skipped": False,
        "ground_truth": False,
        "annotator": 1,
    }
    return Annotation(**fields | changes)


def task(id_: int, text: Any = None) -> Task:
    data = {"text": f"Task {id_}" if text is None else text}
    at = "2026-11-23T09:00:00.000000+00:00"
    return Task(id=id_, created_at=at, updated_at=at, data=data)


def created(id_: int, label: str | None = "Positive", text: Any = None, **changes: Any) -> Event:
    one = annotation(id_, label, **changes)
    return event(annotations=(one,), tasks=(task(one.task, text),))


def deleted(*ids: int) -> Event:
    return event(action="ANNOTATIONS_DELETED", deleted_annotations=ids)


def event(**changes: Any) -> Event:
    """Return an event that was received no earlier than what it is about happened."""
    rows = [*changes.get("annotations", ()), *changes.get("tasks", ())]
    times = [max(row.created_at, row.updated_at) for row in rows]
    fields: dict[str, Any] = {
        "action": "ANNOTATION_CREATED",
        "project": PROJECT,
        "received_at": max("2026-11-23T11:00:00.000000+00:00", *times, ""),
        "label_config": label_config(),
        "project_updated_at": "2026-11-23T09:00:00.000000+00:00",
    }
    return Event(**fields | changes)


def reviews(count: int, first: int = 1) -> list[Event]:
    """Labelled texts that a model can learn: alternately good and bad."""
    kinds = (("Positive", "a great film, lovely"), ("Negative", "an awful film, boring"))
    return [
        created(i, kinds[i % 2][0], f"{kinds[i % 2][1]} number {i}")
        for i in range(first, first + count)
    ]


def card(version: str, **changes: Any) -> Card:
    """Return the card of a version, of which little else is known."""
    seq = int(version.partition("-")[0])
    known = Card(version=version, recipe=NAME, format=FORMAT, sha256="", dataset_seq=seq)
    return replace(known, **changes)
