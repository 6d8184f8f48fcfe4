"""What becomes of a project whose pointer to the active version is gone, damaged, or of a release
that was taken back.
"""

import json
from dataclasses import asdict, replace

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.domain.intake.events import canonical
from labelloop.errors import BadModel
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import Outcome, train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from labelloop.usecases.serving.serve import Versions
from labelloop.usecases.sweep import sweep
from tests.builders import PROJECT, reviews
from tests.fakes import MemoryQueue
from tests.unit.usecases.learning.trainer import SWEEP, EvenModel

KEY = f"projects/{PROJECT}/active.json"


@pytest.fixture(params=["gone", "damaged"])
def lose_pointer(request, store):
    def lose() -> None:
        if request.param == "gone":
            store.delete([KEY])
        else:
            store.tamper(KEY, b"{")

    return lose


def load(recipe: str, artefact: bytes) -> EvenModel:
    assert recipe == "text_choices"
    return EvenModel(artefact)


def switches(store) -> list[str]:
    return [json.loads(store.body(key))["version"] for key in store.keys("/history/")]


def test_the_version_that_was_served_is_served_again(deps, add, project, lose_pointer, trainer):
    add(*reviews(6))
    train(SWEEP, deps)
    add(*reviews(6, first=7))
    train(SWEEP, deps)
    before = project.active().value
    lose_pointer()

    assert train(SWEEP, deps) is Outcome.UP_TO_DATE

    assert project.active().value == before
    assert len(trainer.trainings) == 2


def test_a_pin_stays_a_pin(deps, add, project, store, queue, lose_pointer):
    add(*reviews(6))
    train(SWEEP, deps)
    pin(PROJECT, PinDeps(store=store, queue=queue))
    before = project.active().value
    lose_pointer()
    add(*reviews(6, first=7))

    train(SWEEP, deps)

    assert project.active().value == before
    lose_pointer()
    assert not pin(PROJECT, PinDeps(store=store, queue=queue))
    assert project.active().value == before


def test_the_history_is_numbered_on_and_keeps_what_it_says(deps, add, store, lose_pointer):
    add(*reviews(6))
    train(SWEEP, deps)
    (first,) = switches(store)
    lose_pointer()
    add(*reviews(6, first=7))

    train(SWEEP, deps)

    assert [first] == switches(store)[:-1]
    assert switches(store)[-1].startswith("2-")


def test_a_pointer_that_somebody_restored_from_a_copy_is_numbered_on(
    deps, add, store, queue, project
):
    add(*reviews(6))
    train(SWEEP, deps)
    copy = store.body(KEY)
    pin(PROJECT, PinDeps(store=store, queue=queue))
    unpin(PROJECT, PinDeps(store=store, queue=queue))
    store.tamper(KEY, copy)
    add(*reviews(6, first=7))

    train(SWEEP, deps)

    assert project.active().value.switch == 4
    assert len(switches(store)) == 4
    assert switches(store)[-1] == project.active().value.version


def test_of_a_damaged_version_the_one_before_is_served(deps, add, store, project, lose_pointer):
    add(*reviews(6))
    train(SWEEP, deps)
    first = project.active().value.version
    add(*reviews(6, first=7))
    train(SWEEP, deps)
    second = project.active().value.version
    store.tamper(f"projects/{PROJECT}/models/{second}/model.onnx", b"damaged")
    lose_pointer()

    activate(PROJECT, first, ActivateDeps(store=store, rank_queue=MemoryQueue()))

    assert project.active().value.version == first
    assert project.active().value.switch == 2


def test_the_sweep_wakes_a_project_without_a_pointer(deps, add, sweep_deps, queue, lose_pointer):
    add(*reviews(6))
    train(SWEEP, deps)
    lose_pointer()

    sweep(sweep_deps)

    assert [wake_up.reason for wake_up, _ in queue.sent] == ["sweep"]


def test_meanwhile_who_served_the_version_goes_on_and_nobody_fails(
    deps, add, store, project, lose_pointer
):
    add(*reviews(6))
    train(SWEEP, deps)
    now = [0.0]
    warm = Versions(store, load, encoder="", clock=lambda: now[0])
    version = warm.of(PROJECT).version
    lose_pointer()
    now[0] += 60

    assert warm.of(PROJECT).version == version
    assert Versions(store, load, encoder="").of(PROJECT).version == "untrained"


def of_a_later_release(store, project) -> ActivePointer:
    """Have the project served by what a later release made, then that release taken back."""
    later = replace(project.active().value, format=FORMAT + 1)
    store.tamper(KEY, canonical(asdict(later)).encode())
    return later


def load_later(recipe: str, artefact: bytes) -> EvenModel:
    """What a later release made cannot be read."""
    raise BadModel(f"the model has format {FORMAT + 1}, not {FORMAT}")


def test_a_version_of_a_later_release_is_not_served_and_another_is_trained(
    deps, add, store, project, trainer
):
    add(*reviews(6))
    train(SWEEP, deps)
    later = of_a_later_release(store, project)

    assert Versions(store, load_later, encoder="").of(PROJECT).version == "untrained"
    assert train(SWEEP, deps) is Outcome.SWITCHED

    ours = project.active().value
    assert ours.format == FORMAT
    assert ours.version != later.version
    assert ours.previous_version == later.version
    assert len(trainer.trainings) == 2
    assert train(SWEEP, deps) is Outcome.UP_TO_DATE


def test_a_pinned_version_of_a_later_release_waits_for_a_person(deps, add, store, queue, project):
    add(*reviews(6))
    train(SWEEP, deps)
    pin(PROJECT, PinDeps(store=store, queue=queue))
    later = of_a_later_release(store, project)

    train(SWEEP, deps)

    assert project.active().value == later
    unpin(PROJECT, PinDeps(store=store, queue=queue))
    assert train(queue.sent[0][0], deps) is Outcome.SWITCHED
