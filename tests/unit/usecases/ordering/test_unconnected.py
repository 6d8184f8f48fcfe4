"""Ranking without a way to Label Studio: the order is the same, and somebody else pushes it."""

from dataclasses import replace

import pytest

from labelloop.bucket.orders import Order, Orders
from labelloop.bucket.pool import Pool, Ranked
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import canonical
from labelloop.labelstudio.payloads import read_export, read_tasks
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.intake.feed import FeedDeps, feed
from labelloop.usecases.ordering.push import RankOutcome, push
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.ordering.show_order import show_order
from tests.builders import label_config
from tests.fakes import MemoryQueue, MemoryStore
from tests.unit.usecases.ordering.versions import Untrained, run


@pytest.fixture
def apart(deps):
    """Ranking as it is where no Label Studio is named, or none can be reached."""
    return replace(deps, label_studio=lambda: None, versions=lambda: deps.versions())


@pytest.fixture
def send(store, queue, clock, label_studio, id_, key):
    """Send a project's tasks as `rank --watch` does; give back how often an order was asked for."""

    def send(config: str | None = None) -> int:
        asked = MemoryQueue()
        accepting = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=0)
        deps = FeedDeps(accepting=accepting, rank_queue=asked)
        for page in label_studio.tasks(id_):
            feed(key, read_tasks(page), deps, None)
        event = read_export(key, [], clock(), config or label_config())
        feed(key, [], deps, event)
        return len(asked)

    return send


def newest(store, key: str, version: str = "1-aaaaaaaa") -> Order:
    order = Orders(store, key).newest(version)
    assert order is not None
    return order


def test_nothing_is_ranked_of_a_project_whose_tasks_nobody_sent(apart, activate):
    assert run(activate("1-aaaaaaaa"), apart) == [RankOutcome.UNCONNECTED]


def test_the_order_of_sent_tasks_is_placed_and_waits_to_be_pushed(
    apart, activate, send, store, key
):
    send()

    outcomes = run(activate("1-aaaaaaaa"), apart)

    assert outcomes[-1] is RankOutcome.PLACED
    order = newest(store, key)
    assert (order.number, len(order.queue)) == (1, 5)


@pytest.mark.parametrize("version", ["1-aaaaaaaa", "untrained"])
def test_what_is_pushed_from_elsewhere_is_what_would_be_pushed_from_here(
    deps, apart, activate, send, project, label_studio, id_, key, version, store
):
    def pushed() -> list[tuple[object, ...]]:
        rows = label_studio.predictions_of(id_, version)
        return sorted((one["task"], one["score"], canonical(one["result"])) for one in rows)

    if version == "untrained":
        activate = lambda _: RankWakeUp(key)  # noqa: E731 - as it is before the first version
        deps, apart = (replace(one, versions=lambda: Untrained("")) for one in (deps, apart))
    run(activate(version), deps)
    here = pushed()
    label_studio.delete_predictions(id_, version)
    store.delete(store.keys(f"/{key}/ranks/") + store.keys(f"/{key}/pool"))

    send()
    run(RankWakeUp(key), apart)
    order = newest(store, key, version)
    push(project, version, order.queue, StudioProject(label_studio, key))

    assert here
    assert pushed() == here


def test_tasks_that_are_sent_twice_are_the_same_pages(send, store, key):
    send()
    pages = Pool(store, key).sent()

    assert send() == 1
    assert Pool(store, key).sent() == pages


def test_the_label_config_is_learnt_with_the_last_tasks_and_once(send, store, queue, key, project):
    send()
    assert not store.keys("/events/")  # it is known already

    send(label_config("Brand new", "Old"))
    assert len(store.keys("/events/")) == len(queue) == 1


def test_an_order_that_is_the_same_again_is_stored_once(apart, activate, send, store, key):
    send()
    run(activate("1-aaaaaaaa"), apart)
    run(RankWakeUp(key), apart)

    assert newest(store, key).number == 1


def test_new_tasks_make_another_order(apart, activate, send, store, key, label_studio, id_):
    send()
    run(activate("1-aaaaaaaa"), apart)
    label_studio.import_tasks(id_, [{"text": "xxxx"}])
    send()
    run(RankWakeUp(key), apart)

    assert newest(store, key).number == 2


def test_the_orders_of_older_versions_are_forgotten(apart, activate, send, store, key):
    send()
    run(activate("1-aaaaaaaa"), apart)
    run(activate("2-bbbbbbbb"), apart)

    assert not Orders(store, key).has("1-aaaaaaaa")
    assert Orders(store, key).has("2-bbbbbbbb")


def test_who_waits_for_an_order_sees_how_far_it_is(apart, activate, send, store, key):
    def told(**asked: int) -> dict:
        at = {"start": 0, "limit": 10} | asked
        return show_order(key, store, at["start"], at["limit"], keeps_predictions=False)

    first = activate("1-aaaaaaaa")
    assert (told()["is_listed"], told()["order"]) == (False, 0)
    send()
    apart.rank_queue.sent.clear()
    rank(first, apart)
    assert (told()["order"], told()["parts"], told()["scored"]) == (0, 3, 0)
    run(apart.rank_queue.sent.pop(0)[0], apart)

    assert (told()["order"], told()["scored"], told()["total"]) == (1, 3, 5)
    assert len(told(limit=2)["tasks"]) == told(limit=2)["next"] == 2
    assert [one["task"] for one in told(start=2)["tasks"]] == [
        one["task"] for one in told()["tasks"][2:]
    ]
    assert told(start=4)["next"] is None


def test_a_long_order_is_cut_to_what_an_answer_holds(key):
    store = MemoryStore()
    Project(store, key)
    Pool(store, key).set_listed()
    Orders(store, key).add("untrained", [Ranked(id_, 0.1, []) for id_ in range(1, 9)])

    told = show_order(key, store, 0, 100, keeps_predictions=True, most_bytes=100)

    assert 0 < len(told["tasks"]) == told["next"] < 8


def test_two_that_place_at_once_leave_both_orders(store, key, monkeypatch):
    orders, other = Orders(store, key), Orders(store, key)
    create = store.create

    def race(name, body):
        monkeypatch.setattr(store, "create", create)
        other.add("1-aaaaaaaa", [Ranked(1, 0.1, [])])
        return create(name, body)

    monkeypatch.setattr(store, "create", race)
    orders.add("1-aaaaaaaa", [Ranked(2, 0.1, [])])

    order = newest(store, key)
    assert (order.number, order.queue[0].task) == (2, 2)
