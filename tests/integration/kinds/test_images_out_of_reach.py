"""Images that can't be read now: the loop goes on without them, and comes back for them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from labelloop.bucket.lease import TRAINER
from labelloop.bucket.project import Project
from labelloop.errors import Unreached, Unreadable
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import load
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.serve import Versions
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.deps import training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_images import COLOURS, FILE, encoder, fetch, inline, picture

INLINE = [{"image": inline(picture(c, n)), "ref": f"{n}-{c}"} for n, c in enumerate(COLOURS)] * 4
LINKED = [
    {"image": f"{FILE}{c}-{n}.png?token=secret", "ref": f"{n}-{c}"} for n, c in enumerate(COLOURS)
] * 4
LOST = [{"image": f"{FILE}lost-1.png", "ref": "7-red"}]


class Source:
    """Files that may be down."""

    def __init__(self) -> None:
        self.is_down, self.asked = False, 0

    def __call__(self, addresses: Sequence[str]) -> list[bytes | Unreadable]:
        self.asked += len(addresses)
        bare = [address.partition("?")[0] for address in addresses]
        return [
            Unreached("the server answered 503")
            if self.is_down and not address.startswith("data:")
            else found
            for address, found in zip(bare, fetch(bare), strict=True)
        ]


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def tools(source):
    return lambda: Toolbox(images=Images(encoder().name, encoder, source))


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    studio = MemoryLabelStudio(clock=clock)
    studio.labels = set(COLOURS)
    return studio


@pytest.fixture
def id_(studio) -> int:
    made = int(studio.create_project(label_config=EXAMPLE.config))
    studio.import_tasks(made, [*INLINE, *LINKED, *LOST])
    return made


@pytest.fixture
def key(studio, id_) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def tasks(studio, id_):
    return [task for page in studio.tasks(id_) for task in page]


@pytest.fixture
def rank_deps(store, studio, clock, tools, ranking_of):
    served = Versions(store, load, "", encoder().name, lambda: clock.now.timestamp())
    return ranking_of(studio, served, tools=tools, queue_length=100)


@pytest.fixture
def swept(store, queue, rank_queue, studio, clock):
    """Sweep; return the steps of ranking that are asked for."""

    def swept() -> list[str]:
        deps = SweepDeps(
            store=store,
            train_queue=queue,
            rank_queue=rank_queue,
            label_studio=lambda: studio,
            clock=clock,
            encoder="",
            image_encoder=encoder().name,
            fetches=True,
        )
        sweep(deps)
        asked = [wake_up.step for wake_up, _ in rank_queue.sent]
        rank_queue.sent.clear()
        return [step for step in asked if step != "trim"]

    return swept


def test_what_is_out_of_reach_comes_into_the_order_later(
    studio, id_, key, clock, source, rank_deps, swept
):
    source.is_down = True
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    assert len(studio.predictions_of(id_)) == len(INLINE)

    # Nobody asks before its time, and while the source is down nothing else is done.
    assert swept() == []
    asked = source.asked
    assert ranked(RankWakeUp(key), rank_deps, clock)
    assert source.asked == asked
    clock.now += timedelta(minutes=5)
    assert swept() == ["plan"]
    pushes = ranked(RankWakeUp(key), rank_deps, clock)
    assert source.asked == asked + len({one["image"] for one in [*LINKED, *LOST]})
    assert swept() == []
    assert len(studio.predictions_of(id_)) == len(INLINE)
    assert pushes.count(RankOutcome.PUSHED) == 1

    # Once it is back, its tasks are ranked too, and those that are no images are left in peace.
    source.is_down = False
    clock.now += timedelta(minutes=10)
    assert swept() == ["plan"]
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    assert len(studio.predictions_of(id_)) == len(INLINE) + len(LINKED)
    clock.now += timedelta(days=30)
    assert swept() == []


def test_a_person_need_not_wait(studio, id_, key, clock, source, rank_deps):
    source.is_down = True
    ranked(RankWakeUp(key), rank_deps, clock)
    source.is_down = False

    ranked(RankWakeUp(key), rank_deps, clock)
    assert len(studio.predictions_of(id_)) == len(INLINE)
    ranked(RankWakeUp(key, part=1), rank_deps, clock)
    assert len(studio.predictions_of(id_)) == len(INLINE) + len(LINKED)


def test_status_says_which_and_why_without_secrets(key, clock, source, rank_deps, store):
    source.is_down = True
    ranked(RankWakeUp(key), rank_deps, clock)

    told = describe(key, store)["unread"]

    assert told["tasks"] == len(LINKED) + len(LOST)
    assert told["line"].startswith("13 tasks are left out, with images or texts that can't be read")
    assert "the server answered 503" in told["line"]
    assert [(why["reason"], why["tasks"], why["is_final"]) for why in told["why"]] == [
        ("the server answered 503", 13, False)
    ]
    assert told["why"][0]["examples"][0]["where"] == f"{FILE}red-0.png"
    assert "secret" not in str(told)


def test_a_task_that_was_corrected_is_told_of_no_more(
    studio, id_, key, clock, tasks, rank_deps, store
):
    ranked(RankWakeUp(key), rank_deps, clock)
    assert describe(key, store)["unread"]["tasks"] == 1
    clock.sleep(60)
    changed = {"data": INLINE[0], "updated_at": clock.now.isoformat()}
    studio._tasks[tasks[-1]["id"]] |= changed

    ranked(RankWakeUp(key, "survey"), rank_deps, clock)

    assert describe(key, store)["unread"] is None


def labelled(tasks, studio, id_, store, queue, clock) -> None:
    deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    for task in tasks:
        annotate(studio, id_, task, EXAMPLE.answer(task["data"]), deps, clock)


def labels_learnt(project: Project) -> int:
    card = project.card(project.active_version())
    assert card is not None
    return card.labels


def test_a_training_without_enough_images_in_reach_keeps_the_version_and_is_put_off(
    studio, id_, key, tasks, store, queue, rank_queue, clock, source, tools
):
    deps = training_deps(store, rank_queue, clock, min_labels=20, tools=tools())
    labelled(tasks[:20], studio, id_, store, queue, clock)
    source.is_down = True

    outcomes = []
    for _ in range(30):
        outcomes.append(train(WakeUp(key, "sweep"), deps))
        clock.sleep(300)

    assert set(outcomes) == {TrainOutcome.LEFT_TO_SWEEP, TrainOutcome.PUT_OFF}
    assert 3 < outcomes.count(TrainOutcome.LEFT_TO_SWEEP) < 10
    assert "503" in Project(store, key).lease(TRAINER).put_off(clock.now.timestamp()).reason
    source.is_down = False
    clock.now += timedelta(days=1)
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    assert labels_learnt(Project(store, key)) == 20


def test_labels_whose_images_were_out_of_reach_are_learnt_at_the_next_training(
    studio, id_, key, tasks, store, queue, rank_queue, clock, source, tools
):
    deps = training_deps(store, rank_queue, clock, min_labels=6, tools=tools())
    labelled(tasks[:18], studio, id_, store, queue, clock)
    source.is_down = True
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    project = Project(store, key)
    assert labels_learnt(project) == len(INLINE)

    source.is_down = False
    labelled(tasks[18:19], studio, id_, store, queue, clock)
    train(WakeUp(key, "sweep"), deps)

    assert labels_learnt(project) == 19
