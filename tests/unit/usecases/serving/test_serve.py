"""Serving: the newest version within seconds, and never a bad one."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.serving.options import RETIRED_STRATEGIES, STRATEGY_NAMES
from labelloop.errors import BadModel, Unavailable
from labelloop.usecases.serving.pin import PinDeps, pin
from labelloop.usecases.serving.serve import Versions
from tests.builders import PROJECT, card
from tests.fakes import Classifier


class NamedModel(Classifier):
    """A model whose names tell which artefact it was loaded from."""

    def __init__(self, artefact: bytes) -> None:
        if artefact.startswith(b"bad"):
            raise BadModel("does not load")
        self.names = [artefact.decode()]

    def predict_proba(self, seen):
        return np.ones((len(seen), 1))


def load(recipe: str, artefact: bytes) -> NamedModel:
    assert recipe == "text_choices"
    return NamedModel(artefact)


@pytest.fixture
def versions(store, clock) -> Versions:
    return Versions(store, load, encoder="", clock=lambda: clock.now.timestamp())


@pytest.fixture
def switch(store):
    project = Project(store, PROJECT)

    def switch(version: str, artefact: bytes | None, digest: str | None = None) -> None:
        if artefact is not None:
            project.add_model(artefact, card(version))
        after = project.active()
        digest = digest or sha256(artefact or b"").hexdigest()
        seq = after.value.switch + 1
        project.switch(after, ActivePointer(version, seq, 1, digest, switch=seq), {"why": "test"})

    return switch


def test_a_project_without_a_model_is_untrained(versions):
    assert versions.of(PROJECT).version == "untrained"


def test_who_must_not_wait_sees_a_new_version_at_once(versions, switch):
    switch("1-a", b"one")
    versions.of(PROJECT)
    switch("2-b", b"two")

    assert versions.of(PROJECT).version == "1-a"
    assert versions.of(PROJECT, 0.0).version == "2-b"


def test_a_new_version_is_taken_up_within_seconds_and_not_asked_for_on_every_call(
    versions, switch, clock, store
):
    switch("1-a", b"one")
    assert versions.of(PROJECT).names == ["one"]
    switch("2-b", b"two")
    reads = store.reads

    assert versions.of(PROJECT).version == "1-a"
    assert store.reads == reads
    clock.sleep(5)

    assert (versions.of(PROJECT).version, versions.of(PROJECT).names) == ("2-b", ["two"])


@pytest.mark.parametrize(
    ("artefact", "digest"), [(b"bad", None), (b"two", "0" * 64), (None, "0" * 64)]
)
def test_a_bad_version_is_never_served_and_the_old_one_stays(
    versions, switch, clock, artefact, digest, monkeypatch
):
    counted: list[str] = []
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", counted.append)
    switch("1-a", b"one")
    versions.of(PROJECT)
    switch("2-b", artefact, digest)
    clock.sleep(5)

    assert versions.of(PROJECT).version == "1-a"
    assert counted == ["VersionRejected"]
    clock.sleep(5)
    assert versions.of(PROJECT).version == "1-a"
    assert counted == ["VersionRejected"]


def test_a_process_that_starts_while_the_active_version_is_bad_serves_the_one_before(
    store, clock, switch, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", lambda _: None)
    first = sha256(b"one").hexdigest()
    switch("1-a", b"one")
    project = Project(store, PROJECT)
    project.add_model(b"bad", card("2-b"))
    bad = ActivePointer("2-b", 2, 1, sha256(b"bad").hexdigest(), switch=2)
    project.switch(
        project.active(),
        replace(bad, previous_version="1-a", previous_sha256=first),
        {"why": "test"},
    )

    assert Versions(store, load, encoder="", clock=clock.now.timestamp).of(PROJECT).version == "1-a"


@pytest.mark.parametrize("damage", [b"{}", b"", b"[]", b'{"version": 7}'])
def test_a_damaged_pointer_changes_nothing_about_what_is_served(
    versions, switch, clock, store, damage, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", lambda _: None)
    switch("1-a", b"one")
    versions.of(PROJECT)
    store.tamper(f"projects/{PROJECT}/active.json", damage)
    clock.sleep(5)

    assert versions.of(PROJECT).version == "1-a"


def test_a_version_of_another_encoder_is_not_served_and_the_old_one_stays(
    store, switch, clock, monkeypatch
):
    def load(_: str, artefact: bytes) -> NamedModel:
        model = NamedModel(artefact)
        model.encoder = artefact.decode()
        return model

    counted: list[str] = []
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", counted.append)
    versions = Versions(store, load, encoder="mine", clock=lambda: clock.now.timestamp())
    switch("1-a", b"mine")
    assert versions.of(PROJECT).version == "1-a"
    switch("2-b", b"other")
    clock.sleep(5)

    assert versions.of(PROJECT).version == "1-a"
    assert counted == ["VersionRejected"]


def test_a_bad_first_version_leaves_the_project_untrained(versions, switch, monkeypatch):
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", lambda _: None)
    switch("1-a", b"bad")

    assert versions.of(PROJECT).version == "untrained"


def test_a_version_after_a_bad_one_is_served(versions, switch, clock, monkeypatch):
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", lambda _: None)
    switch("1-a", b"bad")
    versions.of(PROJECT)
    switch("2-b", b"two")
    clock.sleep(5)

    assert versions.of(PROJECT).version == "2-b"


def test_a_model_taken_out_of_service_is_not_served_any_more(versions, switch, clock):
    switch("1-a", b"one")
    versions.of(PROJECT)
    switch("untrained", None)
    clock.sleep(5)

    assert versions.of(PROJECT).model is None


def test_while_the_store_is_down_what_is_loaded_goes_on_serving(versions, switch, clock, store):
    switch("1-a", b"one")
    versions.of(PROJECT)
    store.down = True
    clock.sleep(5)

    assert versions.of(PROJECT).version == "1-a"


def test_while_the_store_is_down_a_project_never_seen_cannot_be_served(versions, store):
    store.down = True

    with pytest.raises(Unavailable):
        versions.of(PROJECT)


def test_memory_holds_the_heads_of_the_projects_seen_last(versions, store, clock):
    for number in range(1, 40):
        versions.of(f"{number}.1")

    assert len(versions._slots) == 16


@pytest.mark.parametrize(
    ("named", "served"),
    [("entropy", "entropy"), *((name, STRATEGY_NAMES[0]) for name in ("", *RETIRED_STRATEGIES))],
)
def test_a_version_keeps_its_strategy_unless_that_went(versions, store, named, served):
    project, body = Project(store, PROJECT), b"one"
    project.add_model(body, card("1-a"))
    to = ActivePointer("1-a", 1, 1, sha256(body).hexdigest(), strategy=named)
    project.switch(project.active(), to, {"why": "test"})

    assert versions.of(PROJECT).strategy == served


def test_pinning_loads_no_model_again(versions, switch, store, clock, queue, monkeypatch):
    switch("1-a", b"one")
    versions.of(PROJECT)
    pin(PROJECT, PinDeps(store=store, queue=queue, clock=clock))
    monkeypatch.setattr(Project, "model", None)
    clock.sleep(5)

    assert versions.of(PROJECT).version == "1-a"
