"""Projects in which people compare texts of one task go through the whole loop."""

import pytest

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds import candidates, pairs
from tests.kinds.example import Example

LABELS = 40
EXAMPLES = {
    "pairs": pairs.EXAMPLE,
    "order": candidates.EXAMPLE,
    "buckets": candidates.SORTED,
    "options": candidates.CHOSEN,
}


@pytest.fixture(params=EXAMPLES.values(), ids=[*EXAMPLES])
def example(request) -> Example:
    found: Example = request.param
    return found


@pytest.fixture
def studio(clock, example) -> MemoryLabelStudio:
    made = MemoryLabelStudio(clock=clock)
    # An import checks no option of a task's own.
    chosen = [one for result in example.results for one in result[0]["value"].get("choices", [])]
    made.labels |= {*chosen, *_options(example)}
    return made


def _options(example: Example) -> list[str]:
    options = [option for data in example.tasks for option in data.get("options", [])]
    return [option["value"] for option in options]


@pytest.fixture
def id_(studio, example) -> int:
    made: int = studio.create_project(label_config=example.config)
    studio.import_tasks(made, example.tasks)
    return made


@pytest.fixture
def key(studio, id_) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def rank_deps(store, studio, clock, ranking_of) -> RankDeps:
    versions = stored_versions(store, clock)
    return ranking_of(studio, versions, strategy="typical_then_margin", queue_length=20)


@pytest.fixture
def label(studio, id_, store, queue, clock, example):
    """Have people label the first tasks; the webhook tells of each."""

    def label(count: int) -> None:
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for task in [task for page in studio.tasks(id_) for task in page][:count]:
            annotate(studio, id_, task, example.answer(task["data"]), deps, clock)

    return label


def test_texts_that_people_compare_go_through_the_loop(
    example, studio, id_, key, store, rank_queue, clock, label, rank_deps
):
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)  # an order, without answers
    assert not any(one["result"] for one in studio.predictions_of(id_))

    label(LABELS)
    deps = training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == example.recipe

    control = control_of(example.config)
    served = rank_deps.versions().of(key, 0.0)
    unseen = example.tasks[LABELS:]
    answers = predict(
        [{"id": row, "data": data} for row, data in enumerate(unseen)],
        example.config,
        served,
        Toolbox(),
    )
    wanted = [control.label_of(example.answer(data)) for data in unseen]
    right = [
        control.label_of(one.result) == label
        for one, label in zip(answers, wanted, strict=True)
        if one.result
    ]
    assert len(right) > len(unseen) / 2  # but tasks of the random share
    assert sum(right) > 0.8 * len(right)

    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    pushed = studio.predictions_of(id_, active.version)
    assert any(one["result"] for one in pushed)
    assert describe(key, store)["learning"]["usable"]["usable"] == LABELS
