"""Pruning: what is in use or new stays, the rest goes a day after it was marked."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from labelloop.bucket.evidence import Rejection
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import fold
from labelloop.domain.version import Version
from labelloop.errors import Conflict, NotFound
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.prune import is_turn, prune
from labelloop.usecases.prune_features import StackEncoders
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.restore_active import restore_active
from labelloop.usecases.sweep import sweep
from tests.builders import PROJECT, card, created

KEEP, DAY = 10, 86_400


@pytest.fixture
def publish(project, clock):
    """Store labels and publish versions as training does, an hour apart; return their names."""

    def publish(count: int, *, is_served: bool = True) -> list[str]:
        made = []
        for _ in range(count):
            clock.sleep(3600)
            after = project.dataset_pointer()
            number = after.value.seq + 1
            dataset = fold(project.dataset(after.value), [created(number)])
            pointer = project.add_dataset(after, dataset)
            name, active = f"{pointer.seq}-aaaaaaaa", project.active()
            project.add_model(b"model", card(name, sha256=sha256(b"model").hexdigest()))
            made.append(name)
            if is_served:
                to = replace(
                    ActivePointer(name, pointer.seq, FORMAT),
                    switch=active.value.switch + 1,
                    previous_version=active.value.version,
                )
                project.switch(active, to, {"why": "trained"})
        return made

    return publish


@pytest.fixture
def run(project, clock):
    """Prune once a day for some days, the last time now."""

    def run(days: int = 3, of: Project = project) -> None:
        for _ in range(days):
            clock.sleep(DAY)
            prune(of, KEEP, clock(), StackEncoders())

    return run


def numbers(project: Project) -> list[int]:
    return [one.seq for one in map(Version.parse, project.versions()) if one][::-1]


def test_the_newest_versions_stay_with_what_they_learnt(project, publish, run, store):
    publish(40)

    run()

    assert numbers(project) == project.snapshots.numbers() == list(range(31, 41))
    assert {key.split("/")[3].split("-")[0] for key in store.keys("/models/")} == {
        str(number) for number in range(31, 41)
    }
    assert len(project.dataset(project.dataset_pointer().value).annotations) == 40


def test_the_names_of_deleted_versions_stay(project, publish, run, store, monkeypatch):
    made = publish(40)
    store.create(f"projects/{PROJECT}/models/2-bbbbbbbb/evidence.npz", b"")  # never a version

    run()

    assert sorted(project.leftovers.deleted()) == sorted(made[:30])
    assert project.all_versions() == set(made)
    monkeypatch.setattr("labelloop.bucket.leftovers.MOST_NAMES", 12)
    project.leftovers.note_deleted(["31-aaaaaaaa", made[0]])
    assert len(project.leftovers.deleted()) == 12
    assert project.leftovers.deleted()[-1] == "31-aaaaaaaa"


def test_no_version_is_deleted_whose_name_is_not_noted(project, publish, run, store, monkeypatch):
    made = publish(40)
    run(days=2)  # marks
    monkeypatch.setattr(store, "create", lambda *_: (_ for _ in ()).throw(Conflict("a race")))
    with pytest.raises(Conflict):
        run(days=1)

    assert project.all_versions() == set(made)


def test_what_is_in_use_stays_whatever_its_age(project, publish, run, clock, rank_queue):
    made = publish(40)
    deps = ActivateDeps(store=project._store, rank_queue=rank_queue, clock=clock)
    activate(PROJECT, made[4], deps)
    activate(PROJECT, made[2], deps)
    project.pool.set_ranked(made[6])
    rejection = project.evidence.rejection(made[2])
    project.evidence.set_rejection(rejection, Rejection(made[2], made[8], "worse"))

    run()

    assert numbers(project) == [3, 5, 7, 9, *range(31, 41)]
    assert project.snapshots.numbers() == [3, 5, 7, 9, *range(31, 41)]


def test_a_pinned_version_stays(project, publish, run):
    (made,) = publish(1)
    after = project.active()
    project.switch(after, replace(after.value, pinned=True, switch=2), {"why": "pinned"})
    publish(40, is_served=False)

    run()

    assert project.active_version() == made
    assert project.model(made) == b"model"


def test_nothing_of_the_last_day_goes(project, publish, clock):
    publish(20)

    assert prune(project, KEEP, clock(), StackEncoders()) == 0
    assert numbers(project) == list(range(1, 21))


def test_a_version_is_marked_a_day_before_it_goes(project, publish, run, clock, rank_queue):
    made = publish(40)
    deps = ActivateDeps(store=project._store, rank_queue=rank_queue, clock=clock)
    run(days=2)

    run(days=1)
    publish(1)
    clock.sleep(DAY)
    assert project.model("31-aaaaaaaa") == b"model"
    prune(project, KEEP, clock(), StackEncoders())

    assert project.model("31-aaaaaaaa") == b"model"  # marked now
    assert "31-aaaaaaaa" not in project.versions()
    with pytest.raises(NotFound):
        activate(PROJECT, made[30], deps)
    assert activate(PROJECT, made[31], deps)


def test_a_version_that_is_activated_as_it_is_marked_stays(
    project, publish, run, clock, rank_queue, monkeypatch
):
    """The worst case: whoever activates it looked for the mark just before it was there."""
    made = publish(40)
    deps = ActivateDeps(store=project._store, rank_queue=rank_queue, clock=clock)
    clock.sleep(DAY + 3600)
    prune(project, KEEP, clock(), StackEncoders())
    assert project.leftovers.is_marked(made[3])
    with monkeypatch.context() as patched:
        patched.setattr("labelloop.bucket.leftovers.Leftovers.is_marked", lambda *_: False)
        activate(PROJECT, made[3], deps)

    run()

    assert project.model(made[3]) == b"model"
    assert not project.leftovers.is_marked(made[3])
    assert 4 in numbers(project)


def test_an_attempt_that_ended_before_its_card_goes(project, publish, run, store):
    publish(1)
    store.create(f"projects/{PROJECT}/models/2-bbbbbbbb/evidence.npz", b"")

    run(days=2)

    assert not store.keys("2-bbbbbbbb")


@pytest.mark.parametrize("name", ["dataset.json", "active.json"])
@pytest.mark.parametrize("body", [None, b"{"])
def test_of_a_damaged_project_nothing_goes(project, publish, run, store, name, body):
    publish(40)
    key = f"projects/{PROJECT}/{name}"
    if body is None:
        store.delete([key])
    else:
        store.tamper(key, body)

    run()

    assert numbers(project) == list(range(1, 41))
    restore_active(project)
    assert project.active_version() == "40-aaaaaaaa"


def test_a_deletion_that_is_cut_off_goes_on(project, publish, run, store, monkeypatch):
    publish(40)
    real = store.delete

    def cut_off(keys):
        keys = list(keys)
        real(keys[: len(keys) // 2])
        raise KeyboardInterrupt

    run(days=1)  # marks
    monkeypatch.setattr(store, "delete", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(days=2)
    monkeypatch.setattr(store, "delete", real)
    run()

    assert numbers(project) == list(range(31, 41))
    assert len(store.keys("/models/")) == 20


def test_no_version_is_half_there_if_more_are_to_be_kept_after_a_deletion_was_cut_off(
    project, publish, run, store, monkeypatch, clock
):
    publish(40)
    real = store.delete

    def cut_off(keys):
        real(list(keys)[1::2])  # S3 deletes many in any order, and some not at all
        raise KeyboardInterrupt

    run(days=1)  # marks
    monkeypatch.setattr(store, "delete", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(days=2)
    monkeypatch.setattr(store, "delete", real)
    prune(project, 1_000, clock(), StackEncoders())

    assert all(project.model(name) for name in project.versions())


def test_what_could_not_be_read_may_hold_labels_and_stays_for_a_season(project, publish, run):
    publish(1)
    for number in range(1_100):
        project._store.create(f"projects/{PROJECT}/quarantine/{number:05d}.json", b"{}")

    run(days=88)
    assert project.quarantined() == 1_100

    run(days=4)
    assert project.quarantined() == 1_000


def test_models_that_people_imported_and_never_took_back_go_after_a_day(
    project, publish, run, clock
):
    publish(1)
    project.imports.add("1", b"old")
    clock.sleep(2 * DAY)
    project.imports.add("2", b"new")

    prune(project, KEEP, clock(), StackEncoders())

    assert project.imports.waiting() == ["2"]


def test_the_history_is_bounded_and_the_first_switch_stays(project, publish, run):
    publish(1)
    since = project.history.since()
    for number in range(2, 1_500):
        project.history.add(number, {"version": "1-aaaaaaaa"})

    run(days=2)

    assert project.history.numbers() == [1, *range(500, 1_500)]
    assert project.history.since() == since


def test_the_sweep_prunes_each_project_once_a_day(sweep_deps, clock, monkeypatch, store):
    pruned = []
    monkeypatch.setattr(
        "labelloop.usecases.sweep.prune", lambda one, *_: pruned.append((one.key, clock()))
    )
    keys = [f"{number}.1795398621" for number in range(1, 31)]
    for key in keys:
        Project(store, key).set_ordered()
    for _ in range(2 * 288):
        clock.sleep(300)
        sweep(sweep_deps)

    assert sorted(key for key, _ in pruned) == sorted(keys * 2)
    assert len({at.time() for _, at in pruned}) > 20  # spread over the day


def test_a_turn_comes_once_a_day_also_if_sweeps_are_late(clock):
    clock.now = clock.now.replace(hour=0, minute=2)
    times = [clock() + timedelta(minutes=5 * number) for number in range(288)]

    assert sum(is_turn(PROJECT, time) for time in times) == 1
