"""Rounds of labelling, against a backend in memory."""

from typing import Any

import pytest

from labelloop.local.backend import BackendFailed
from labelloop.local.campaign import Campaign, Stopped


@pytest.fixture
def start(backend, project, tasks):
    def start(by_score, **options):
        truth = {task.id: task.text.split()[0] for task in tasks}
        settings: dict[str, Any] = {"report": lambda labels, what: None, "poll_s": 0}
        settings |= {"is_stopped": lambda: False} | options
        return Campaign(backend, project, tasks[:6], tasks[6:], truth, by_score, **settings)

    return start


def test_every_round_is_measured_with_a_newer_version(start):
    points = list(start(by_score=True).rounds([2, 2, 2]))

    assert [(p.labels, p.version) for p in points] == [(2, "1-abc"), (4, "2-abc"), (6, "3-abc")]


def test_accuracy_is_the_share_of_right_predictions(start):
    campaign = start(by_score=False)
    campaign.truth[campaign.held_out[0].id] = "something else"

    (point,) = campaign.rounds([2])

    assert point.accuracy == 0.5


def test_held_out_tasks_are_asked_about_as_labelled_ones_and_the_pool_as_it_is(start, fake):
    list(start(by_score=True).rounds([2, 2]))

    pool, held_out = [False] * 4, [True] * 2
    assert [fake.asked_as_labelled[id_] for id_ in (3, 4, 5, 6, 7, 8)] == pool + held_out


def test_random_order_is_the_order_of_the_pool(start, fake, project):
    list(start(by_score=False).rounds([2, 2]))

    assert fake.labelled_tasks(project) == [1, 2, 3, 4]


def test_active_order_starts_as_random_order_then_takes_the_lowest_scores(start, fake, project):
    list(start(by_score=True).rounds([2, 2]))

    assert fake.labelled_tasks(project) == [1, 2, 6, 5]


def test_a_large_pool_is_scored_in_several_requests(start, fake, project):
    list(start(by_score=True, tasks_per_request=3).rounds([2, 2]))

    assert max(fake.tasks_at_once) == 3
    assert fake.labelled_tasks(project) == [1, 2, 6, 5]


def test_a_version_that_never_comes_is_told_with_the_number_of_labels(start, fake):
    fake.labels_per_version = 100

    with pytest.raises(BackendFailed, match=r"no version newer than 'untrained'.* of label 2"):
        list(start(by_score=True, time_limit_s=0.01).rounds([2]))


def test_a_version_replaced_while_it_was_measured_is_not_reported(start, fake):
    last_request_of_a_measurement = 9
    fake.retrains_at_request = last_request_of_a_measurement

    (point,) = start(by_score=False).rounds([2])

    assert point.version == "2-abc"


def test_a_stopped_campaign_labels_nothing_more(start, fake, project):
    with pytest.raises(Stopped):
        list(start(by_score=False, is_stopped=lambda: True).rounds([2]))

    assert fake.labelled_tasks(project) == []
