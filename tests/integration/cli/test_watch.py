"""rank --watch: a Label Studio that AWS can't reach gets the order that the deployment makes."""

import json

import pytest

from labelloop import bootstrap
from labelloop.bucket.orders import Orders
from labelloop.bucket.pool import Pool, Ranked
from labelloop.bucket.project import Project
from labelloop.cli.remote_project import RemoteProject
from labelloop.cli.session import Session
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.version import UNTRAINED
from labelloop.messages import RankWakeUp
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from tests.conftest import SECRET

TASKS, LABELLED = 60, 12


@pytest.fixture
def apart(world, cold_start, monkeypatch):
    """A project of many tasks, and a deployment that names no Label Studio."""
    monkeypatch.setenv("LABEL_STUDIO_URL", "")
    cold_start()
    kinds = ("a great film, lovely", "an awful film, boring")
    texts = [{"text": f"{kinds[n % 2]} number {n}"} for n in range(TASKS)]
    world.tasks = world.studio.import_tasks(world.project, texts)
    world.told("connect", "--no-token")
    return world


def watched(world, rounds: int = 1) -> list[dict[str, str]]:
    told = world.told("rank", "--watch", "--every", "0.1", "--rounds", str(rounds))
    return list(told.get("steps", []))


def work(world) -> list[RankOutcome]:
    """Do what the functions do with all that waits for them."""
    world.fold()
    url, outcomes = world.aws.sqs.get_queue_url(QueueName="rank")["QueueUrl"], []
    while found := world.aws.sqs.receive_message(QueueUrl=url).get("Messages", []):
        for one in found:
            outcomes.append(rank(RankWakeUp.from_json(one["Body"]), bootstrap.rank_deps()))
            world.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return outcomes


def test_before_the_first_label_typical_tasks_come_first_and_the_random_share_between(apart):
    assert [row["step"] for row in watched(apart)] == ["tasks"]
    assert RankOutcome.PLACED in work(apart)

    (step,) = watched(apart, rounds=2)

    assert step["detail"].startswith(f"{UNTRAINED}: {TASKS} tasks")
    project = apart.studio.project(apart.project)
    assert (project["model_version"], project["sampling"]) == (UNTRAINED, "Uncertainty sampling")
    pushed = apart.studio.predictions_of(apart.project, UNTRAINED)
    in_order = [one["task"] for one in sorted(pushed, key=lambda one: one["score"])]
    assert sorted(in_order) == sorted(apart.tasks)
    assert are_random(in_order, apart.key)[9]  # each tenth place


@pytest.mark.parametrize("option", ["--queue-length", "--head"])
def test_no_more_tasks_are_pushed_than_the_queue_length(apart, option):
    watched(apart)
    work(apart)

    apart.told("rank", "--watch", "--rounds", "1", option, "7")

    assert apart.studio.prediction_counts(apart.project) == {UNTRAINED: 7}


def test_each_new_version_is_pushed_as_the_deployment_orders_it(apart):
    watched(apart)
    work(apart)
    watched(apart)
    for place, task in enumerate(apart.tasks[:LABELLED]):
        apart.studio.annotate(task, ("Positive", "Negative")[place % 2])
    steps = watched(apart)  # no event told of them
    assert [row["step"] for row in steps if row["outcome"] == "done"] == ["labels"]
    assert RankOutcome.PLACED in work(apart)

    (step,) = watched(apart)

    version = apart.told("status")["version"]
    placed = Orders(bootstrap.store(), apart.key).newest(version)
    assert placed is not None
    pushed = apart.studio.predictions_of(apart.project, version)
    assert version != UNTRAINED
    assert step["detail"].startswith(version)
    assert [(one.task, one.score, one.result) for one in placed.queue] == [
        (one["task"], one["score"], one["result"])
        for one in sorted(pushed, key=lambda one: one["score"])
    ]
    blind = are_random([one["task"] for one in pushed], apart.key)
    assert [bool(one["result"]) for one in pushed] == [not random for random in blind]
    assert apart.studio.project(apart.project)["model_version"] == version


def test_what_is_known_is_not_sent_again(apart):
    watched(apart)
    work(apart)
    before, pages = len(apart.sent), Pool(bootstrap.store(), apart.key).sent()

    watched(apart, rounds=3)

    assert "POST /tasks" not in apart.sent[before:]
    assert Pool(bootstrap.store(), apart.key).sent() == pages


def test_tasks_that_come_later_are_sent_and_get_their_places(apart):
    watched(apart)
    work(apart)
    watched(apart)
    new = apart.studio.import_tasks(apart.project, [{"text": "One more"}])

    assert [row["detail"] for row in watched(apart)][:1] == ["61 sent to be ranked"]
    work(apart)
    watched(apart)

    assert new[0] in {one["task"] for one in apart.studio.predictions_of(apart.project, UNTRAINED)}


def test_an_order_that_was_lost_is_asked_for(apart):
    watched(apart)
    apart.aws.sqs.purge_queue(QueueUrl=apart.aws.sqs.get_queue_url(QueueName="rank")["QueueUrl"])
    apart.fold()
    before = len(apart.sent)

    watched(apart, rounds=2)

    assert apart.sent[before:].count("POST /rank") == 1


def test_a_large_task_travels_in_a_page_of_its_own(apart):
    apart.most_bytes = 2_000
    before = len(apart.sent)

    watched(apart)

    assert apart.sent[before:].count("POST /tasks") > 3
    assert sum(len(one) for one in _sent_tasks(apart)) == TASKS


def _sent_tasks(world) -> list[list[int]]:
    pool = Pool(bootstrap.store(), world.key)
    return [list(pool.read([shard])) for shard in pool.shards() if "/sent-" in shard]


def test_a_project_over_http_is_known_as_its_objects_are(apart):
    apart.publish()
    here = Project(bootstrap.store(), apart.key)
    session = Session(f"https://{SECRET}@loop.example.com", apart.key)
    there = RemoteProject(session)

    assert there.active_version() == here.active_version() == "1-aaaaaaaa"
    here.leftovers.note_deleted(["0-bbbbbbbb"])
    assert there.all_versions() == here.all_versions() == {"0-bbbbbbbb", "1-aaaaaaaa"}
    assert there.changed_at() == here.changed_at()
    assert there.is_ordered()


def test_an_order_that_is_replaced_while_it_is_read_is_not_mixed_with_the_newer_one(apart):
    Pool(bootstrap.store(), apart.key).set_listed()
    orders = Orders(bootstrap.store(), apart.key)
    orders.add(UNTRAINED, [Ranked(id_, 0.1, []) for id_ in (1, 2)])
    there = RemoteProject(Session(f"https://{SECRET}@loop.example.com", apart.key))
    older = there.order()
    orders.add(UNTRAINED, [Ranked(id_, 0.1, []) for id_ in (3, 4)])

    assert there.queue(older, 10) == []
    assert [one.task for one in there.queue(there.order(), 1)] == [3]


def test_watching_goes_on_while_label_studio_is_down(world):
    world.publish()
    world.studio.down = True

    assert world.run("rank", "--watch", "--rounds", "1").exit_code == 0


def test_another_project_of_the_same_id_is_not_touched(apart):
    apart.studio._projects[apart.project]["created_at"] = "2027-01-01T00:00:00Z"

    told = apart.run("rank", "--watch", "--rounds", "1", "--json", "--project", apart.key)

    assert told.exit_code == 1
    assert "another one by now" in json.loads(told.stdout)["error"]
