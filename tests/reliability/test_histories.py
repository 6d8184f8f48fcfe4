"""Whatever order events come in, however often, and however many get lost: the same dataset."""

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, checksum, fold
from labelloop.labelstudio.payloads import key_of, read_event
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import LABELS, label_config
from tests.fakes import Clock, MemoryLabelStudio, MemoryQueue, MemoryStore
from tests.reliability.histories import random_event
from tests.reliability.report import find, size
from tests.reliability.scheduler import START
from tests.reliability.training import no_model, training

NOTHING_TO_TRAIN = 10**6  # labels that a first model needs


def test_any_order_and_number_of_events_gives_one_dataset():
    count = size(1_000, 10_000)
    wrong = 0
    for seed in range(count):
        chance = random.Random(seed)
        events = history(chance)
        expected = digest(events, chance, batches=1)
        often = [one for one in events for _ in range(chance.randint(1, 5))]
        chance.shuffle(often)
        wrong += digest(often, chance, batches=chance.randint(1, 6)) != expected

    find("fold: other datasets from the same events", wrong, f"of {count:,} shuffled multisets")


def history(chance: random.Random) -> list[Event]:
    now, events = START, []
    for _ in range(chance.randint(1, 15)):
        now += timedelta(seconds=chance.choice((0, 1, 4, 6, 60)))
        events.append(random_event(chance, now))
    return events


def digest(events: list[Event], chance: random.Random, batches: int) -> str:
    """Fold in batches, each stored and read again, as trainers do; return the checksum."""
    cuts = sorted(chance.randint(0, len(events)) for _ in range(batches - 1))
    dataset = Dataset()
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        read = [Event.from_json(one.to_json()) for one in events[start:end]]
        dataset = fold(Dataset.from_lines(dataset.to_lines()), read)
    return checksum(dataset.to_lines())


def test_what_was_lost_is_found_in_the_export():
    count = size(300, 1_000)
    wrong = sum(lost_and_found(seed) for seed in range(count))

    find("reconcile: labels other than without a loss", wrong, f"of {count:,} projects")


def lost_and_found(seed: int) -> bool:
    """Say whether a project whose events got lost knows other labels after the sweep."""
    chance = random.Random(seed)
    label_studio = MemoryLabelStudio(page_size=chance.choice((2, 500)))
    id_ = label_studio.create_project(label_config=label_config())
    sent = list(label(chance, label_studio, id_))
    losing = chance.choice((0.1, 0.5, 0.9, 1.0, chance.random()))
    arrived = [one for one in sent if chance.random() >= losing]
    return known_after(sent, label_studio, id_) != known_after(arrived, label_studio, id_)


def label(chance: random.Random, label_studio: MemoryLabelStudio, id_: int) -> Iterator[Event]:
    """Label as people do; yield the event of each change, as Label Studio sends it."""
    tasks = label_studio.import_tasks(id_, [{"text": f"text {i}"} for i in range(6)])
    made: dict[int, int] = {}  # the task of each annotation
    for second in range(chance.randint(1, 20)):
        now = START + timedelta(seconds=10 * second)
        if made and chance.random() < 0.3:
            gone = chance.choice(list(made))
            del made[gone]
            label_studio.delete_annotation(gone)
            body = {"action": "ANNOTATIONS_DELETED", "annotations": [{"id": gone}]}
        else:
            task, at = chance.choice(tasks), now.isoformat()
            times = {"created_at": at, "updated_at": at, "was_cancelled": chance.random() < 0.1}
            one = label_studio.annotate(task, chance.choice(LABELS), **times)
            made[one] = task
            body = {"action": "ANNOTATION_CREATED"} | shown(label_studio, id_, task, one)
        yield read_event(body | {"project": label_studio.project(id_)}, now)


def shown(label_studio: MemoryLabelStudio, id_: int, task: int, one: int) -> dict[str, Any]:
    (row,) = (row for page in label_studio.export(id_) for row in page if row["id"] == task)
    (annotation,) = (a for a in row["annotations"] if a["id"] == one)
    return {"task": row, "annotation": annotation | {"task": task}}


def test_what_was_lost_shows_where_no_export_is_read(monkeypatch):
    monkeypatch.setattr("labelloop.usecases.intake.compare_page.compared", lambda *_: None)

    assert any(lost_and_found(seed) for seed in range(20))


def known_after(events: Iterable[Event], label_studio: MemoryLabelStudio, id_: int) -> bytes:
    """Let events come in and a sweep compare; return the labels that are known then."""
    store, clock = MemoryStore(), Clock()
    queue: Any = MemoryQueue()
    clock.sleep(3600)
    project = Project(store, key_of(label_studio.project(id_)))
    project.set_ordered()  # the sweep looks after projects that anything is stored for
    deps = training(store, no_model, NOTHING_TO_TRAIN, clock)
    for number, one in enumerate(events):
        project.add_event(f"{number:03d}", one)
    for _ in range(2):
        train(WakeUp(project.key, "sweep"), deps)
        sweep(
            SweepDeps(
                store=store,
                train_queue=queue,
                rank_queue=queue,
                label_studio=lambda: label_studio,
                clock=clock,
                encoder="",
            )
        )
    train(WakeUp(project.key, "sweep"), deps)
    known = project.dataset(project.dataset_pointer().value)
    live = known.live_annotations()
    tasks = {one.task: known.tasks[one.task] for one in live}
    config = known.label_config if live else None  # without labels nothing tells of it
    return Dataset(config, "", {one.id: one for one in live}, tasks).to_lines()
