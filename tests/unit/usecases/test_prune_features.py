"""Features by encoders that nobody uses any more go a day after they were marked, others stay."""

from dataclasses import replace
from hashlib import sha256

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.domain.intake.folding import fold
from labelloop.errors import BadModel
from labelloop.recipes import folder_of
from labelloop.recipes.text_choices import FORMAT, NAME
from labelloop.usecases.prune import prune
from labelloop.usecases.prune_features import StackEncoders
from labelloop.usecases.sweep import sweep
from tests.builders import card, created

DAY = 86_400
OLD, NEW, EYES = "old-aaaaaaaaaaaa", "new-bbbbbbbbbbbb", "eyes-cccccccccccc"
STACK = StackEncoders(texts=NEW)


@pytest.fixture
def publish(project, clock):
    """Publish a version beside an encoder, with the features that it was made of."""

    def publish(encoder: str, recipe: str = NAME) -> str:
        clock.sleep(60)
        after, active = project.dataset_pointer(), project.active()
        dataset = fold(project.dataset(after.value), [created(after.value.seq + 1)])
        pointer = project.add_dataset(after, dataset)
        made = card(
            f"{pointer.seq}-aaaaaaaa",
            recipe=recipe,
            encoder=encoder,
            sha256=sha256(b"model").hexdigest(),
        )
        project.add_model(b"model", made)
        store_features(project, encoder, recipe)
        now = ActivePointer(made.version, pointer.seq, FORMAT, encoder=encoder, recipe=recipe)
        before = {"switch": active.value.switch + 1, "previous_version": active.value.version}
        project.switch(active, replace(now, **before), {"why": "trained"})
        return made.version

    return publish


def store_features(project, encoder, recipe=NAME):
    project.features(folder_of(recipe, encoder)).store_texts({b"x" * 16: encoder})


@pytest.fixture
def run(project, clock):
    """Prune once a day for some days, keeping so many versions."""

    def run(days: int = 3, keep: int = 1, stack: StackEncoders = STACK) -> None:
        for _ in range(days):
            clock.sleep(DAY)
            prune(project, keep, clock(), stack)

    return run


@pytest.fixture
def stored(project):
    """Return the names of the encoders that features are stored by."""

    def stored() -> set[str]:
        encoders = ("", OLD, NEW, EYES, f"{EYES}+{NEW}", f"{EYES}+{OLD}")
        folders = {folder_of(NAME, one): one for one in encoders}
        objects = project.leftovers.features()
        return {folders[name] for name in objects}

    return stored


def test_features_go_with_the_last_version_beside_their_encoder(publish, run, stored):
    publish(OLD)
    publish(NEW)
    run(days=5, keep=10)
    assert stored() == {OLD, NEW}  # may be activated again
    run(days=5)
    assert stored() == {OLD, NEW}  # was served before the active one

    publish(NEW)
    run(days=3)
    assert stored() == {OLD, NEW}  # the version has gone, which was marked a day before
    run(days=2)

    assert stored() == {NEW}


def test_features_of_a_choice_that_was_taken_back_go_a_day_after_they_were_marked(
    project, publish, run, stored
):
    publish(NEW)
    store_features(project, OLD)

    run(days=2)
    assert stored() == {OLD, NEW}
    run(days=1)

    assert stored() == {NEW}


@pytest.mark.parametrize(
    ("stack", "kept"),
    [
        (StackEncoders(texts=NEW, images=EYES), {NEW, EYES, f"{EYES}+{NEW}"}),
        (StackEncoders(texts=NEW), {NEW}),
    ],
)
def test_what_the_stack_names_stays(project, publish, run, stored, stack, kept):
    publish(NEW)
    for encoder in (OLD, "", EYES, f"{EYES}+{NEW}", f"{EYES}+{OLD}"):
        store_features(project, encoder)

    run(stack=stack)

    assert stored() == kept


def test_what_the_project_names_stays_and_what_the_stack_names_then_is_not_used(
    project, publish, run, stored
):
    project.set_options(project.options(), replace(project.options().value, encoder="old"))
    publish(OLD)
    store_features(project, NEW)

    run(stack=StackEncoders(texts=NEW, chosen={"old": OLD}.__getitem__))

    assert stored() == {OLD}


def test_a_project_without_an_encoder_keeps_features_without_vectors(project, publish, run, stored):
    publish("")
    store_features(project, OLD)

    run(stack=StackEncoders())

    assert stored() == {""}


def test_nothing_goes_while_another_encoder_is_taken_up(project, publish, run, stored):
    publish(NEW)
    for encoder in (OLD, "", EYES):
        store_features(project, encoder)

    run(days=5, stack=StackEncoders(texts=OLD))

    assert stored() == {NEW, OLD, "", EYES}


def test_a_mark_goes_once_the_encoder_is_in_use_again(project, publish, run, stored):
    publish(NEW)
    store_features(project, OLD)
    run(days=2)
    publish(OLD)

    run(days=1, keep=10, stack=StackEncoders(texts=OLD))
    publish(NEW)
    run(days=1, keep=10)

    assert stored() == {OLD, NEW}
    assert not project._store.keys("expired")


def test_who_goes_back_as_the_deletion_is_decided_keeps_the_features(
    project, publish, run, stored, monkeypatch
):
    publish(NEW)
    store_features(project, OLD)
    run(days=2)
    listed = project.leftovers.features

    def go_back(of):
        project.set_options(project.options(), replace(project.options().value, encoder="old"))
        return listed()

    with monkeypatch.context() as patched:
        patched.setattr("labelloop.bucket.leftovers.Leftovers.features", go_back)
        run(days=1)

    assert stored() == {OLD, NEW}


def test_features_that_were_stored_within_the_last_day_stay(project, publish, run, stored, clock):
    publish(NEW)
    store_features(project, OLD)
    run(days=2)
    clock.sleep(DAY // 2)
    store_features(project, OLD)  # by whoever went back and changed their mind again

    clock.sleep(-DAY // 2)
    run(days=1)

    assert stored() == {OLD, NEW}


@pytest.mark.parametrize("is_card", [True, False], ids=["a card", "the choice"])
def test_nothing_goes_while_it_is_not_known_what_is_in_use(
    project, publish, run, stored, store, is_card
):
    def fail(_: str) -> str:
        raise BadModel("not here")

    publish(OLD)
    last = publish(NEW)
    publish(NEW)
    store_features(project, EYES)
    stack = STACK
    if is_card:
        store.tamper(f"projects/{project.key}/models/{last}/card.json", b"{")
    else:
        stack = StackEncoders(texts=NEW, chosen=fail)
        project.set_options(project.options(), replace(project.options().value, encoder="gone"))

    run(days=5, keep=10, stack=stack)

    assert stored() == {OLD, NEW, EYES}


def test_a_deletion_that_is_cut_off_goes_on(project, publish, run, stored, store, monkeypatch):
    publish(NEW)
    store_features(project, OLD)
    real = store.delete

    def cut_off(keys):
        real(list(keys)[:1])
        raise KeyboardInterrupt

    run(days=2)
    monkeypatch.setattr(store, "delete", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(days=1)
    monkeypatch.setattr(store, "delete", real)
    run(days=1)

    assert stored() == {NEW}


def test_the_sweep_prunes_them(project, publish, stored, sweep_deps, clock):
    publish(NEW)
    store_features(project, OLD)
    deps = replace(sweep_deps, encoder=NEW)

    for _ in range(4 * 24 * 12):
        clock.sleep(300)
        sweep(deps)

    assert stored() == {NEW}
