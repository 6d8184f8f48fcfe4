"""Versions by hand: activate, pin, unpin; and that trainings respect it."""

import json
from typing import Any

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.errors import NotFound, Unprocessable
from labelloop.messages import RankWakeUp
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.serving.activate import ActivateDeps, activate, roll_back
from labelloop.usecases.serving.list_history import list_switches
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from tests.builders import PROJECT, card


@pytest.fixture
def deps(store, clock, rank_queue) -> ActivateDeps:
    return ActivateDeps(store=store, rank_queue=rank_queue, clock=clock)


@pytest.fixture
def publish(project):
    """Publish a version as training does."""

    def publish(seq: int, **made_by: Any) -> str:
        version, digest = f"{seq}-aaaaaaaa", f"digest {seq}"
        made = card(version, sha256=digest, **made_by)
        project.add_model(b"model", made)
        after = project.active()
        to = ActivePointer(
            version,
            seq,
            made.format,
            digest,
            encoder=made.encoder,
            switch=after.value.switch + 1,
            recipe=made.recipe,
        )
        project.switch(after, to, {"why": "trained"})
        return version

    return publish


def test_an_older_version_is_served_and_the_newer_data_stay_learnt(
    project, publish, deps, rank_queue
):
    first, _ = publish(1), publish(2)

    assert activate(PROJECT, first, deps)

    active = project.active().value
    assert (active.version, active.sha256, active.dataset_seq) == (first, "digest 1", 2)
    assert (active.recipe, active.format) == ("text_choices", FORMAT)
    assert rank_queue.sent == [(RankWakeUp(PROJECT), 0)]


def test_the_switch_is_written_down(store, publish, deps):
    first, second = publish(1), publish(2)

    activate(PROJECT, first, deps)

    entry = json.loads(store.body(store.keys("history/")[-1]))
    assert (entry["version"], entry["instead_of"]) == (first, second)
    assert entry["at"] == "2026-11-23T12:00:00+00:00"


def test_the_active_version_is_not_switched_to_again(project, publish, deps, rank_queue):
    version = publish(1)

    assert not activate(PROJECT, version, deps)
    assert (project.active().value.switch, rank_queue.sent) == (1, [])


def test_a_version_trained_beside_another_encoder_is_refused(project, publish, deps):
    first, second = publish(1, encoder="minilm-1"), publish(2, encoder="minilm-2")

    with pytest.raises(Unprocessable, match="minilm-1, but minilm-2"):
        activate(PROJECT, first, deps)
    assert project.active().value.version == second


@pytest.mark.parametrize("version", ["7-aaaaaaaa", "", "../1-aaaaaaaa", "untrained", "x" * 2000])
def test_an_unknown_version_is_refused(publish, deps, version):
    publish(1)

    with pytest.raises(NotFound):
        activate(PROJECT, version, deps)


@pytest.mark.parametrize(
    ("made_by", "why"),
    [
        ({"format": FORMAT + 1}, "of format"),
        ({"recipe": "not_here", "format": 1}, "the recipe 'not_here', which is not installed"),
    ],
)
def test_a_version_that_this_release_cannot_read_is_refused(publish, deps, made_by, why):
    old = publish(1, **made_by)

    with pytest.raises(Unprocessable, match=why):
        activate(PROJECT, old, deps)


def test_a_version_of_a_release_that_knew_one_kind_is_served(publish, deps, project):
    first, _ = publish(1, recipe=""), publish(2)

    assert activate(PROJECT, first, deps)

    assert not project.active().value.is_outdated


def test_a_race_for_the_pointer_is_tried_again(project, publish, deps, store, monkeypatch):
    first, _ = publish(1), publish(2)
    replace = store.replace

    def once(key, body, etag):
        monkeypatch.setattr(store, "replace", replace)
        publish(3)
        return replace(key, body, etag)

    monkeypatch.setattr(store, "replace", once)

    assert activate(PROJECT, first, deps)
    assert (project.active().value.version, project.active().value.dataset_seq) == (first, 3)


def test_pinning_twice_is_pinning_once(store, project, publish, queue, clock):
    publish(1)
    deps = PinDeps(store=store, train_queue=queue, clock=clock)

    assert (pin(PROJECT, deps), pin(PROJECT, deps)) == (True, False)
    assert project.active().value.pinned


def test_a_pinned_project_can_be_given_another_version_by_hand(
    store, project, publish, queue, clock, deps
):
    first, _ = publish(1), publish(2)
    pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))

    activate(PROJECT, first, deps)

    assert (project.active().value.version, project.active().value.pinned) == (first, True)


def test_unpinning_wakes_the_trainer_at_once(store, project, publish, queue, clock):
    publish(1)
    deps = PinDeps(store=store, train_queue=queue, clock=clock)
    pin(PROJECT, deps)

    assert unpin(PROJECT, deps)
    assert not project.active().value.pinned
    assert [(w.reason, delay) for w, delay in queue.sent] == [("start_training", 0)]


def test_a_pointer_of_an_older_release_is_not_pinned():
    body = b'{"version":"1-a","dataset_seq":1,"format":1,"sha256":"x","switch":3}'

    assert not ActivePointer.from_json(body).pinned


def test_a_version_that_was_kept_back_brings_what_it_learnt(project, publish, deps):
    """It was pinned away: the pointer went on naming the examples of the version before."""
    publish(1)
    kept_back = card("2-bbbbbbbb", sha256="digest 2", learnt="examples 2")
    project.add_model(b"model", kept_back)

    activate(PROJECT, "2-bbbbbbbb", deps)

    active = project.active().value
    assert (active.dataset_seq, active.learnt) == (2, "examples 2")


def test_who_asked_for_a_switch_is_stored(project, publish, deps, store, queue, clock):
    publish(1), publish(2)

    assert roll_back(PROJECT, deps, "anna") == "1-aaaaaaaa"
    pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock), "ben")

    pinned, rolled_back, trained = list_switches(project)[:3]
    assert [one["by"] for one in (pinned, rolled_back, trained)] == ["ben", "anna", ""]
    assert (pinned["pinned"], rolled_back["pinned"]) == (True, False)
    assert (rolled_back["version"], rolled_back["instead_of"]) == ("1-aaaaaaaa", "2-aaaaaaaa")
    assert rolled_back["why"] == "activated 1-aaaaaaaa"


def test_there_is_nothing_to_roll_back_to_before_the_first_version(publish, deps):
    publish(1)

    with pytest.raises(NotFound):
        roll_back(PROJECT, deps)
