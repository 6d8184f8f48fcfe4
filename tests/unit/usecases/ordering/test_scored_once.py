"""Steps that come again, as a queue and a sweep send them: what is done is not done twice."""

import io
from dataclasses import replace

import numpy as np
import pytest

from labelloop.bucket.pool import Pool
from labelloop.domain.intake.events import canonical
from labelloop.labelstudio.payloads import read_tasks
from labelloop.usecases.ordering import ranking
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from tests.unit.usecases.ordering.versions import run


def killed(*_) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def work(monkeypatch, deps, label_studio, id_, store, key) -> list[str]:
    """What is scored and pushed from now on, of a pool in parts of a task."""
    pool, found = Pool(store, key), []
    for number, task in enumerate(label_studio._tasks.values()):
        pool.add(f"2026-{number}", read_tasks([task]))
    pool.set_listed()

    def noted(name, real):
        def note(*of):
            found.append(name)
            return real(*of)

        return note

    for name in ("shortlist_of", "push"):
        monkeypatch.setattr(ranking, name, noted(name, getattr(ranking, name)))
    return found


def test_a_plan_that_comes_again_and_again_scores_each_part_once_and_pushes_once(
    deps, activate, work
):
    first = activate("1-aaaaaaaa")
    for _ in range(12):
        rank(first, deps)  # the sweep asks until all is pushed

    run(first, deps)

    assert (work.count("shortlist_of"), work.count("push")) == (7, 1 + 1)  # the last plan's own


def test_a_plan_of_what_is_scored_pushes_once_and_scores_nothing(deps, activate, work):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    work.clear()

    run(first, deps)

    assert work == ["push"]


def test_a_task_that_comes_later_is_scored_alone(deps, activate, work, label_studio, id_, key):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    work.clear()
    (new,) = label_studio.import_tasks(id_, [{"text": ""}])
    Pool(deps.store, key).add("2027", read_tasks([label_studio._tasks[new]]))

    run(first, deps)

    assert work == ["shortlist_of", "push"]
    assert label_studio.next_task(id_) == new


def test_a_score_step_killed_before_it_asks_for_the_push_asks_when_it_comes_again(
    deps, activate, work, key, monkeypatch, label_studio, id_
):
    rank(activate("1-aaaaaaaa"), deps)
    *scores, (last, _) = list(deps.rank_queue.sent)
    deps.rank_queue.sent.clear()
    for step, _ in scores:
        rank(step, deps)
    assert not deps.rank_queue.sent
    send = deps.rank_queue.send
    monkeypatch.setattr(deps.rank_queue, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        rank(last, deps)
    monkeypatch.setattr(deps.rank_queue, "send", send)

    run(last, deps)

    assert (work.count("shortlist_of"), work.count("push")) == (7, 1)
    assert label_studio.project(id_)["model_version"] == "1-aaaaaaaa"


def of_an_earlier_release() -> bytes:
    """Return a part as it was stored when all features were bags, and all answers probabilities."""
    body = io.BytesIO()
    np.savez(
        body,
        tasks=np.array([1], np.int64),
        probabilities=np.array([[0.5, 0.5]]),
        committee=np.empty((0, 1, 2)),
        sampled_to=1.0,
        ids=np.array([7], np.uint32),
        counts=np.ones(1, np.float32),
        starts=np.array([0, 1]),
    )
    return body.getvalue()


@pytest.mark.parametrize("body", [b"damaged", of_an_earlier_release()])
def test_where_a_part_cannot_be_read_all_are_scored_anew(
    deps, activate, work, store, label_studio, id_, body
):
    rank(activate("1-aaaaaaaa"), deps)
    scores = list(deps.rank_queue.sent)
    deps.rank_queue.sent.clear()
    for step, _ in scores:
        rank(step, deps)
    (push, _) = deps.rank_queue.sent.pop()
    store.tamper(store.keys("/list-")[3], body)

    assert rank(push, deps) is RankOutcome.UNFINISHED
    (plan, _) = deps.rank_queue.sent.pop()
    run(plan, deps)

    assert (work.count("shortlist_of"), work.count("push")) == (14, 1)
    assert label_studio.project(id_)["model_version"] == "1-aaaaaaaa"


def test_what_was_pushed_already_is_pushed_again_once_damaged_parts_are_scored_anew(
    deps, activate, work, store
):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    for key in store.keys("/list-"):
        store.tamper(key, of_an_earlier_release())
    work.clear()

    outcomes = run(first, deps)

    assert work == ["shortlist_of"] * 7 + ["push"]
    assert outcomes.count(RankOutcome.UNFINISHED) == 1


def test_what_the_release_before_pushed_is_scored_anew_and_pushed_when_it_is_asked_for(
    deps, activate, work, store, key
):
    first = activate("1-aaaaaaaa")
    run(first, deps)
    for ours in store.keys("/list-"):
        store.create(ours.replace("/list-", "/part-"), of_an_earlier_release())
        store.delete([ours])
    pushed = {"version": "1-aaaaaaaa", "trimmed": True, "parts": 7}
    store.tamper(f"projects/{key}/ranked.json", canonical(pushed).encode())
    work.clear()

    run(first, deps)

    assert work == ["shortlist_of"] * 7 + ["push"]


def test_of_a_plan_that_grows_while_it_is_scored_no_part_is_taken_for_another(
    deps, activate, work, label_studio, id_, key
):
    first = activate("1-aaaaaaaa")
    rank(first, deps)
    (zero, _), *others = list(deps.rank_queue.sent)
    deps.rank_queue.sent.clear()
    (new,) = label_studio.import_tasks(id_, [{"text": ""}])
    Pool(deps.store, key).add("2027", read_tasks([label_studio._tasks[new]]))
    rank(first, deps)
    deps.rank_queue.sent.clear()
    for step, _ in (*others, (replace(zero, part=7), 0)):
        rank(step, deps)
    assert not deps.rank_queue.sent

    run(zero, deps)

    assert work.count("push") == 1
