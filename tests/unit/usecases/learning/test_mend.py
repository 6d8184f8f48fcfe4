"""A dataset whose pointer or snapshot is missing or damaged: nothing is silently shortened."""

import gzip
from dataclasses import asdict, replace

import pytest

from labelloop.bucket.project import Project
from labelloop.bucket.surveys import Survey, Surveys
from labelloop.domain.intake.events import canonical, row_of
from labelloop.domain.intake.folding import Dataset, checksum, compress, fold
from labelloop.errors import Damaged
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import Outcome, train
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.pin import PinDeps, pin
from tests.builders import PROJECT, annotation, created, reviews
from tests.fakes import MemoryQueue
from tests.unit.usecases.learning.trainer import SWEEP

POINTER = f"projects/{PROJECT}/dataset.json"
REPAIR = WakeUp(PROJECT, "repair")


@pytest.fixture
def learnt(deps, add, clock):
    """Learn ten labels, in two snapshots."""
    for first in (1, 7):
        add(*reviews(6, first))
        train(SWEEP, deps)
        clock.sleep(60)


def newest(store) -> str:
    return store.keys("/datasets/")[-1]


def labels(project: Project) -> int:
    return len(project.snapshots.read(project.dataset_pointer().value).annotations)


def spoiled_pointers():
    return [b"", b"{}", b"[1]", b'{"seq": "2", "sha256": "a"}', b'{"seq": 2}', b"\xff" * 9]


@pytest.mark.parametrize("spoiled", [None, *spoiled_pointers()], ids=range(7))
def test_a_pointer_that_is_gone_or_garbled_is_made_anew_and_no_label_is_missing(
    deps, learnt, add, store, project, spoiled
):
    served = project.active().value.version
    if spoiled is None:
        store.delete([POINTER])
    else:
        store.tamper(POINTER, spoiled)
    add(created(99))

    train(SWEEP, deps)

    assert labels(project) == 13
    assert project.active().value.version != served
    assert not project.snapshots.repair().lost
    assert project.snapshots.damage() == ""


def test_a_pointer_that_is_gone_is_made_anew_without_an_event(deps, learnt, store, project):
    store.delete([POINTER])

    assert project.snapshots.is_gone()
    assert train(SWEEP, deps) is Outcome.UP_TO_DATE
    assert not project.snapshots.is_gone()


def test_an_older_pointer_that_was_restored_takes_no_label_back(
    deps, learnt, add, store, project, clock
):
    name = store.keys("/datasets/")[0].rpartition("/")[2]
    seq, sha = name.removesuffix(".jsonl.gz").split("-")
    clock.sleep(3600)
    store.tamper(POINTER, canonical({"seq": int(seq), "sha256": sha}).encode())
    add(created(99))

    train(SWEEP, deps)

    assert labels(project) == 13
    assert project.active().value.dataset_seq == project.dataset_pointer().value.seq


def test_a_snapshot_of_a_trainer_that_died_is_no_damage(deps, learnt, store, project):
    store.create(f"projects/{PROJECT}/datasets/00000009-{'a' * 64}.jsonl.gz", b"half")

    assert project.snapshots.damage() == ""


def spoil(store, how: str) -> None:
    key = newest(store)
    if how == "gone":
        store.delete([key])
    elif how == "cut":
        store.tamper(key, store.body(key)[:-20])
    elif how == "no gzip":
        store.tamper(key, b"what")
    elif how == "wrong lines":
        store.tamper(key, gzip.compress(b'{"kind": "task"}\n'))
    else:
        lines = gzip.decompress(store.body(key)).splitlines(keepends=True)
        store.tamper(key, gzip.compress(b"".join(lines[:-1])))


HOW = ["gone", "cut", "no gzip", "wrong lines", "other lines"]


@pytest.mark.parametrize("how", HOW)
def test_of_a_damaged_snapshot_the_one_before_goes_on_and_is_not_learnt_yet(
    deps, learnt, add, store, project, how
):
    served = project.active().value
    spoil(store, how)
    add(created(99))

    assert train(SWEEP, deps) is Outcome.LEFT_TO_REBUILD

    assert labels(project) == 7  # the first six, and the new one
    assert project.dataset_pointer().value.seq > served.dataset_seq
    assert project.active().value == served
    repair = project.snapshots.repair()
    assert (repair.lost, repair.restored) == (True, 1)
    assert str(served.dataset_seq) in repair.why


@pytest.mark.parametrize("how", HOW)
def test_on_request_a_damaged_snapshot_is_found_though_nothing_waits(
    deps, learnt, store, project, how
):
    spoil(store, how)

    assert train(REPAIR, deps) is Outcome.LEFT_TO_REBUILD

    assert labels(project) == 6


def test_what_was_lost_is_learnt_without_after_a_day_or_when_a_person_says_so(
    deps, learnt, add, store, project, clock
):
    spoil(store, "gone")
    add(created(99))
    train(SWEEP, deps)

    clock.sleep(86_401)
    assert train(SWEEP, deps) is Outcome.SWITCHED

    spoil(store, "gone")
    train(REPAIR, deps)
    assert train(WakeUp(PROJECT, "start_training"), deps) is not Outcome.LEFT_TO_REBUILD


def test_label_studio_that_starts_a_training_by_itself_does_not_learn_without_what_was_lost(
    deps, learnt, add, store
):
    spoil(store, "gone")
    saved = add(created(99))  # and `min_annotations_to_start_training` labels are there

    assert train(replace(saved, reason="start_training"), deps) is Outcome.LEFT_TO_REBUILD


@pytest.mark.parametrize("began", ["", "2026-11-23T11:00:00+00:00"])
def test_what_was_lost_is_learnt_once_all_labels_were_compared(
    deps, learnt, store, project, clock, began
):
    surveys = Surveys(store, PROJECT)
    surveys.swap(surveys.state(), Survey(began=began, ended="2026-11-23T10:00:00+00:00"))
    spoil(store, "gone")
    assert train(SWEEP, deps) is Outcome.LEFT_TO_REBUILD

    if began:  # the walk under way began before the damage was found
        clock.sleep(60)
        surveys.swap(surveys.state(), surveys.state().value.done(clock()))
        assert train(SWEEP, deps) is Outcome.LEFT_TO_REBUILD
    clock.sleep(60)
    walking = surveys.swap(surveys.state(), surveys.state().value.begun(clock(), "", ""))
    assert train(SWEEP, deps) is Outcome.LEFT_TO_REBUILD
    surveys.swap(walking, walking.value.done(clock()))

    assert train(SWEEP, deps) is Outcome.SWITCHED


def test_without_any_readable_snapshot_numbers_go_on_all_the_same(deps, learnt, store, project):
    served = project.active().value
    store.delete([POINTER, *store.keys("/datasets/")])
    project.add_event("late", created(99))

    assert train(SWEEP, deps) is Outcome.LEFT_TO_REBUILD

    assert project.dataset_pointer().value.seq > served.dataset_seq
    assert project.active().value == served


def test_damage_is_said_and_looking_at_the_project_goes_on(deps, learnt, store, project):
    spoil(store, "gone")

    status = describe(PROJECT, store)

    assert "is gone" in status["damaged"]
    assert status["dataset"]["annotations"] == 6
    train(SWEEP, deps)
    after = describe(PROJECT, store)
    assert after["damaged"] == ""
    assert after["repair"] == asdict(project.snapshots.repair())


def test_a_snapshot_that_is_not_what_was_stored_is_not_learnt_from(deps, learnt, store, project):
    spoil(store, "other lines")

    with pytest.raises(Damaged, match="checksum"):
        project.snapshots.read(project.dataset_pointer().value)


def test_rows_of_the_year_9999_that_an_earlier_version_stored_are_dated_when_it_stored_them(
    project, store
):
    never = "9999-12-31T23:59:59.000000+00:00"
    line = {"kind": "annotation"} | row_of(annotation(1, created_at=never, updated_at=never))
    config = {"kind": "label_config", "at": never, "xml": "<View/>"}
    lines = "\n".join(map(canonical, (config, line))).encode() + b"\n"
    sha = checksum(lines)
    store.create(f"projects/{PROJECT}/datasets/00000001-{sha}.jsonl.gz", compress(lines))
    store.create(POINTER, canonical({"seq": 1, "sha256": sha}).encode())

    dataset = project.dataset(project.dataset_pointer().value)

    assert dataset.latest() == "2026-11-23T12:00:00.000000+00:00"


def test_who_pins_a_project_before_its_first_label_damages_nothing(deps, add, store, project):
    pin(PROJECT, PinDeps(store=store, queue=MemoryQueue()))
    add(*reviews(6))

    train(SWEEP, deps)

    assert not project.snapshots.repair().why
    assert project.dataset_pointer().value.seq == 1


def test_a_first_snapshot_that_nobody_pointed_to_is_no_damage(deps, add, store, project):
    lines = fold(Dataset(), reviews(3)).to_lines()
    store.create(f"projects/{PROJECT}/datasets/{1:08d}-{checksum(lines)}.jsonl.gz", compress(lines))
    add(*reviews(6))

    train(SWEEP, deps)

    assert not project.snapshots.repair().why
    assert (project.dataset_pointer().value.seq, labels(project)) == (1, 6)


def test_of_two_snapshots_of_one_number_neither_loses_a_label(deps, learnt, store, project):
    lines = fold(Dataset(), [*reviews(6), created(50)]).to_lines()
    store.create(f"projects/{PROJECT}/datasets/{2:08d}-{checksum(lines)}.jsonl.gz", compress(lines))
    store.delete([POINTER])

    train(SWEEP, deps)

    assert labels(project) == 13
    assert not project.snapshots.repair().lost
