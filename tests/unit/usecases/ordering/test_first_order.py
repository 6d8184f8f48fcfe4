"""The order before the first model: another text is labelled, or the label config is mended."""

from dataclasses import replace

import pytest

from labelloop.bucket.lease import PUSHER, Lease
from labelloop.bucket.orders import Orders
from labelloop.bucket.pool import Pool
from labelloop.domain.version import UNTRAINED
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.learning.train import train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from tests.builders import created, event, free_text_config, label_config, unreadable_config
from tests.deps import training_deps
from tests.fakes import MemoryQueue, learning_by
from tests.unit.usecases.learning.trainer import EvenModel, Trainer
from tests.unit.usecases.ordering.versions import Untrained, run

BROKEN = unreadable_config()
OF_TITLES = label_config().replace("$text", "$title")
CONFIG_AND_TEXTS = [(BROKEN, label_config()), (label_config(), OF_TITLES)]


@pytest.fixture
def id_(label_studio) -> int:
    made = label_studio.create_project(label_config=label_config())
    data = [{"text": "a b c " + "x " * n, "title": f"t{9 - n} " * n} for n in (5, 3, 9, 1, 7, 2, 8)]
    label_studio.import_tasks(made, data)
    return made


@pytest.fixture
def deps(deps):
    return replace(deps, versions=lambda: Untrained(""))


@pytest.fixture
def asked() -> MemoryQueue:
    """What the trainer asks of the ranking."""
    return MemoryQueue()


@pytest.fixture
def wake(store, project, asked, clock):
    """Wake the trainer; give back what it asks of the ranking."""
    deps = training_deps(store, asked, clock, control_of=learning_by(Trainer(), EvenModel))

    def wake() -> list[RankWakeUp]:
        asked.sent.clear()
        train(WakeUp(project.key, "sweep"), deps)
        return [wake_up for wake_up, _ in asked.sent]

    return wake


@pytest.fixture
def configure(wake, project, clock):
    """Have the trainer fold an event that brings a label config."""

    def configure(config: str) -> list[RankWakeUp]:
        clock.sleep(60)
        now = f"{clock.now:%Y-%m-%dT%H:%M:%S.%f}+00:00"
        told = event(
            action="PROJECT_UPDATED",
            project=project.key,
            label_config=config,
            received_at=now,
            project_updated_at=now,
        )
        project.add_event(f"{clock.now:%Y%m%dT%H%M%S.%f}-0", told)
        return wake()

    return configure


@pytest.fixture
def shown(label_studio, id_):
    def shown() -> list[tuple[int, float]]:
        rows = label_studio.predictions_of(id_, UNTRAINED)
        return sorted((one["task"], one["score"]) for one in rows)

    return shown


@pytest.fixture
def fresh(deps, store, key, project, configure, label_studio, id_, shown):
    """Return what is shown of a project that had a label config from its start."""

    def fresh(config: str) -> list[tuple[int, float]]:
        configure(config)
        store.delete([*store.keys("/ranks/"), *store.keys("/ranked.json")])
        label_studio.delete_predictions(id_, UNTRAINED)
        run(RankWakeUp(key), deps)
        return shown()

    return fresh


@pytest.mark.parametrize(("before", "after"), CONFIG_AND_TEXTS)
def test_another_text_to_label_makes_another_order(
    deps, key, configure, shown, fresh, before, after
):
    configure(before)
    run(RankWakeUp(key), deps)
    old = shown()

    (plan,) = configure(after)
    run(plan, deps)

    new = shown()
    assert new != old
    assert len(new) == 5
    assert new == fresh(after)


@pytest.mark.parametrize(("before", "after"), CONFIG_AND_TEXTS)
def test_without_a_label_studio_another_order_is_placed(deps, key, configure, store, before, after):
    configure(before)
    run(RankWakeUp(key), deps)
    apart = replace(deps, label_studio=lambda: None)
    old = Orders(store, key).newest(UNTRAINED)

    (plan,) = configure(after)
    assert run(plan, apart)[-1] is RankOutcome.PLACED

    new = Orders(store, key).newest(UNTRAINED)
    assert new is not None
    assert new.number == (old.number if old else 0) + 1
    assert len(new.queue) == 5
    assert not old or new.queue != old.queue


def test_other_labels_of_the_same_text_leave_the_order_alone(
    deps, key, configure, shown, label_studio
):
    run(RankWakeUp(key), deps)
    old = shown()

    for plan in configure(label_config("Brand new", "Old")):
        run(plan, deps)

    assert shown() == old
    assert "delete_predictions" not in label_studio.calls


def test_a_label_config_that_cannot_be_read_for_a_while_leaves_the_order_alone(
    deps, key, configure, shown, label_studio
):
    run(RankWakeUp(key), deps)
    old = shown()

    for config in (BROKEN, label_config()):
        (plan,) = configure(config)
        run(plan, deps)

    assert shown() == old
    assert "delete_predictions" not in label_studio.calls


def test_an_order_that_could_not_be_asked_for_is_asked_for_until_it_is_made(
    deps, key, configure, wake, asked
):
    run(RankWakeUp(key), deps)
    asked.down = True
    assert configure(OF_TITLES) == []
    asked.down = False

    (plan,) = wake()
    run(plan, deps)

    assert wake() == []


@pytest.mark.parametrize("call", ["delete_predictions", "add_predictions"])
@pytest.mark.parametrize("is_done", [True, False])
def test_an_order_that_was_killed_on_its_way_is_made_when_run_again(
    deps, key, configure, shown, fresh, label_studio, monkeypatch, call, is_done
):
    run(RankWakeUp(key), deps)
    (plan,) = configure(OF_TITLES)
    real = getattr(label_studio, call)

    def die(*args):
        if is_done:
            real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(label_studio, call, die)
        with pytest.raises(KeyboardInterrupt):
            run(plan, deps)
    deps.rank_queue.sent.clear()
    assert Pool(deps.store, key).ranked()[0] != UNTRAINED  # so the sweep would ask too
    run(plan, deps)

    assert Pool(deps.store, key).ranked()[0] == UNTRAINED
    assert shown() == fresh(OF_TITLES)


def test_a_part_that_is_scored_while_the_text_changes_has_the_order_planned_anew(
    deps, key, configure, shown, fresh, monkeypatch
):
    real = Pool.add_part

    def late(*args):
        monkeypatch.setattr(Pool, "add_part", real)
        configure(OF_TITLES)  # what it asks for may come before this is stored, or not at all
        real(*args)

    rank(RankWakeUp(key), deps)  # surveys, and asks for the plan
    (plan, _) = deps.rank_queue.sent.pop()
    monkeypatch.setattr(Pool, "add_part", late)
    run(plan, deps)

    assert shown() == fresh(OF_TITLES)


def test_an_order_that_is_being_pushed_is_waited_for(deps, key, configure, clock, store):
    run(RankWakeUp(key), deps)
    (plan,) = configure(OF_TITLES)
    with Lease(store, key, PUSHER).held(clock.now.timestamp(), 90):
        assert rank(plan, deps) is RankOutcome.LEFT_TO_HOLDER

    ((again, delay_s),) = deps.rank_queue.sent
    assert (again.step, delay_s > 0) == ("plan", True)


def test_parts_of_an_earlier_release_are_made_anew(deps, key, configure, store, shown):
    run(RankWakeUp(key), deps)
    old, parts = shown(), store.keys("/list-")
    store.delete(parts)
    for number in range(len(parts)):
        Pool(store, key).add_part(UNTRAINED, number, b"old")

    (plan,) = configure(label_config())
    run(plan, deps)

    assert shown() == old
    assert len(store.keys("/list-")) == len(parts)


def test_after_many_labels_what_is_left_is_scored_anew(
    deps, key, project, configure, wake, shown, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.ordering.first_order._LASTS", 2)
    configure(free_text_config())
    run(RankWakeUp(key), deps)
    first = [task for task, _ in sorted(shown(), key=lambda row: row[1])[:2]]
    written = [{"from_name": "answer", "to_name": "text", "value": {"text": ["a poem"]}}]
    for number, task in enumerate(first):
        told = created(task, result=written, text="a b c")
        project.add_event(f"29991123T100000.00000{number}-0", replace(told, label_config=None))

    (plan,) = wake()
    run(plan, deps)

    assert len(shown()) == 5
    assert not {task for task, _ in shown()} & set(first)
    assert all(part.endswith(".1") for part in project.pool.scored_inputs(UNTRAINED))
