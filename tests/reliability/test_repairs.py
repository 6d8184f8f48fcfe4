"""A bucket that loses or garbles a project's dataset: no label is lost, none unlearnt meanwhile."""

import random
from datetime import timedelta
from typing import Any

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import created, label_config
from tests.fakes import Clock, MemoryLabelStudio, MemoryQueue, MemoryStore
from tests.reliability.report import find, size
from tests.reliability.test_histories import label
from tests.reliability.training import no_model, training

NOTHING_TO_TRAIN = 10**6  # labels that a first model needs


def test_whatever_is_damaged_the_labels_are_all_known_again():
    count = size(150, 2_000)
    wrong = sum(not survives(seed) for seed in range(count))

    find("repair: projects that lack labels after damage", wrong, f"of {count:,}")


def survives(seed: int) -> bool:
    """Say whether a damaged project ends with Label Studio's labels, its numbers ever higher."""
    chance = random.Random(seed)
    label_studio = MemoryLabelStudio(page_size=chance.choice((2, 500)))
    id_ = label_studio.create_project(label_config=label_config())
    events = list(label(chance, label_studio, id_))
    store, clock = MemoryStore(clock := Clock()), clock
    clock.sleep(3600)
    project = Project(store, key_of(label_studio.project(id_)))
    project.set_ordered()
    deps = training(store, no_model, NOTHING_TO_TRAIN, clock)
    queue: Any = MemoryQueue()
    sweeping = SweepDeps(
        store=store,
        train_queue=queue,
        rank_queue=queue,
        label_studio=lambda: label_studio,
        clock=clock,
        encoder="",
    )
    numbers = [0]
    damaged_at = chance.randint(0, len(events))
    for place, event in enumerate([*events, None]):
        clock.sleep(chance.choice((1, 300)))
        if event is not None:
            project.add_event(f"{place:03d}", event)
        if place == damaged_at:
            damage(store, project, chance, clock)
        if chance.random() < 0.5:
            numbers.append(turn(project, deps, chance))
    for _ in range(4):
        clock.sleep(4_000)
        sweep(sweeping)
        numbers.append(turn(project, deps, chance))
    pointer = project.dataset_pointer().value
    live = project.snapshots.read(pointer).live_annotations()
    there = {
        one["id"]: one["result"]
        for page in label_studio.export(id_)
        for task in page
        for one in task["annotations"]
    }
    is_same = {one.id: one.result for one in live} == there
    return is_same and numbers == sorted(numbers) and not project.snapshots.damage()


def turn(project: Project, deps: Any, chance: random.Random) -> int:
    train(WakeUp(project.key, chance.choice(("sweep", "repair"))), deps)
    return project.dataset_pointer().value.seq


def damage(store: MemoryStore, project: Project, chance: random.Random, clock: Clock) -> None:
    """Do to the bucket what people and backups do."""
    root = f"projects/{project.key}/"
    snapshots, pointer = store.keys(f"{root}datasets/"), f"{root}dataset.json"
    some = chance.sample(snapshots, chance.randint(0, len(snapshots)))
    match chance.choice(("pointer", "garbled", "older", "gone", "cut", "all")):
        case "pointer":
            store.delete([pointer])
        case "garbled":
            store.tamper(pointer, chance.choice((b"", b"[]", b"{}", b'{"seq": "a"}')))
        case "older" if snapshots:
            seq, sha = some[0].rpartition("/")[2][:-9].split("-") if some else ("0", "")
            store.tamper(pointer, f'{{"seq": {int(seq)}, "sha256": "{sha}"}}'.encode())
        case "gone":
            store.delete(some)
        case "cut":
            for key in some:
                store.tamper(key, store.body(key)[: chance.randint(0, 60)])
        case _:
            store.delete([pointer, *snapshots])
    clock.sleep(timedelta(minutes=1).total_seconds())


def test_damage_is_found():
    """Else the test above would say nothing."""
    found = []
    for seed in range(40):
        chance = random.Random(seed)
        store, clock = MemoryStore(clock := Clock()), clock
        project = Project(store, "38.1795398621")
        deps = training(store, no_model, NOTHING_TO_TRAIN, clock)
        for place in range(3):
            project.add_event(f"{place}", created(place + 1))
            train(WakeUp(project.key, "sweep"), deps)
            clock.sleep(60)
        damage(store, project, chance, clock)
        found.append(bool(project.snapshots.damage()))

    assert sum(found) > 10
