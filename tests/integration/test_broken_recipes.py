"""A recipe of one's own that breaks: no request fails, what was served stays, status says why."""

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from labelloop import recipes
from labelloop.bucket.project import Project
from labelloop.domain.serving.in_words import training_advice
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import entry_points, guard
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning import train_version
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering import rank as ranks
from labelloop.usecases.ordering.limits import Limits
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving import describe as describes
from labelloop.usecases.serving import predict as predicts
from labelloop.usecases.serving import show_project as shows
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import OwnRecipes, predict
from labelloop.usecases.serving.show_project import show_project
from tests.broken_recipes import BROKEN, CONFIG, LEARNING, SOUND, TASKS, UNLOADED
from tests.deps import ranking_deps, stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked

LABELLED = json.loads(TASKS)
FIRST = 16
LIMIT_S = 0.6


@pytest.fixture
def deploy(monkeypatch, tmp_path):
    """Deploy a recipe, as a new release of the layer does: processes start anew."""
    metadata = tmp_path / "mine-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: mine\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[labelloop.recipes]\nexample = example:RECIPE\n")
    monkeypatch.syspath_prepend(tmp_path)
    # The tests' own imports take a part of a second, which is none of a recipe's.
    for module in (train_version, ranks, describes, shows):
        monkeypatch.setattr(module, "_OWN_S", LIMIT_S)
    monkeypatch.setattr(entry_points, "_LOADS_S", LIMIT_S)
    monkeypatch.setattr(guard, "_READS_S", LIMIT_S / 3)
    monkeypatch.setattr(predicts, "OWN", OwnRecipes(limit_s=LIMIT_S))

    def deploy(added: str = "") -> None:
        sys.modules.pop("example", None)
        (tmp_path / "example.py").write_text(f"{SOUND}\n\n{added}\n")
        for cached in tmp_path.glob("__pycache__/*"):
            cached.unlink()
        describes._facts.cache_clear()
        shows._of_dataset.cache_clear()
        recipes.forget_added()

    yield deploy
    sys.modules.pop("example", None)
    recipes.forget_added()


@pytest.fixture
def stack(store, queue, rank_queue, clock, deploy):
    """A project whose first version the sound recipe made, and what works on it."""
    studio = MemoryLabelStudio(labels=("Delivery", "Payment"), clock=clock)
    id_ = studio.create_project(label_config=CONFIG)
    studio.import_tasks(id_, [task["data"] for task in LABELLED])
    accepting = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    versions = stored_versions(store, clock)
    made = SimpleNamespace(
        studio=studio,
        id=id_,
        store=store,
        clock=clock,
        key=key_of(studio.project(id_)),
        training=training_deps(store, rank_queue, clock, min_labels=8),
        ranking=ranking_deps(
            store,
            rank_queue,
            clock,
            train_queue=queue,
            versions=lambda: versions,
            label_studio=lambda: studio,
            queue_length=50,
            limits=Limits(encoding_s=LIMIT_S),
        ),
        project=None,
    )

    def label(rows: range) -> None:
        tasks = [task for page in studio.tasks(id_) for task in page]
        for task, labelled in list(zip(tasks, LABELLED, strict=True))[rows.start : rows.stop]:
            annotate(studio, id_, task, labelled["annotations"][0]["result"], accepting, clock)

    made.label = label
    made.project = Project(store, made.key)
    deploy()
    label(range(FIRST))
    assert train(WakeUp(made.key, "sweep"), made.training) is TrainOutcome.SWITCHED
    assert RankOutcome.PUSHED in ranked(RankWakeUp(made.key), made.ranking, clock)
    assert made.project.active().value.recipe == "example"
    return made


def asked(stack, versions):
    """Return what is predicted, as the predict function asks for it."""
    tasks = [{"id": 1, "data": {"message": "where is my parcel"}}, {"id": 2, "data": {}}]
    served = versions.of(stack.key, 0.0)
    return predict(tasks, CONFIG, served, Toolbox())


@pytest.mark.parametrize("name", BROKEN)
def test_what_was_served_stays_and_no_request_fails(name, stack, deploy):
    version = stack.project.active_version()
    order = stack.studio.predictions_of(stack.id, version)

    deploy(BROKEN[name])
    stack.label(range(FIRST, len(LABELLED)))
    train(WakeUp(stack.key, "sweep"), stack.training)
    ranked(RankWakeUp(stack.key), stack.ranking, stack.clock)

    assert stack.project.active_version() == version
    assert stack.studio.predictions_of(stack.id, version) == order
    for versions in (stack.ranking.versions(), stored_versions(stack.store, stack.clock)):
        answers = asked(stack, versions)
        assert [type(one.score) for one in answers] == [float, float]
        assert json.dumps([one.result for one in answers], allow_nan=False)
    status = describe(stack.key, stack.store)
    assert "example" in said(status), status
    assert json.loads(json.dumps(status)) == status
    assert show_project(stack.key, stack.store)["status"]["version"] == version


def test_where_a_recipe_fails_it_is_to_be_mended(stack, deploy):
    deploy(LEARNING["fit raises"])
    stack.label(range(FIRST, len(LABELLED)))
    train(WakeUp(stack.key, "sweep"), stack.training)

    status = describe(stack.key, stack.store)

    advice = training_advice(status["put_off"])
    assert "the recipe 'example' fails in fit: RuntimeError: it has no idea" in advice
    assert advice.startswith("mend the recipe")
    assert "memory" not in advice


def said(status) -> str:
    """Return what status says of why the newest labels are not learnt."""
    put_off = status["put_off"] or {"reason": ""}
    return " ".join([put_off["reason"], status["learning"]["reason"], *status["told"]])


@pytest.mark.parametrize("name", ["fit raises", "a package that is missing", "read raises"])
def test_a_recipe_that_is_mended_learns_when_a_person_asks(name, stack, deploy):
    version = stack.project.active_version()
    deploy(BROKEN[name])
    stack.label(range(FIRST, len(LABELLED)))
    train(WakeUp(stack.key, "sweep"), stack.training)

    deploy()

    assert train(WakeUp(stack.key, "start_training"), stack.training) is TrainOutcome.SWITCHED
    assert stack.project.active_version() != version
    assert describe(stack.key, stack.store)["put_off"] is None


def test_a_recipe_that_fails_is_not_trained_at_each_sweep(stack, deploy):
    deploy(LEARNING["fit raises"])
    stack.label(range(FIRST, len(LABELLED)))

    outcomes = [train(WakeUp(stack.key, "sweep"), stack.training) for _ in range(2)]

    assert outcomes == [TrainOutcome.RECIPE_FAILED, TrainOutcome.PUT_OFF]


def test_predictions_by_a_recipe_that_never_ends_are_not_waited_for_twice(stack, deploy):
    deploy(LEARNING["answers never come"])
    versions = stored_versions(stack.store, stack.clock)
    asked(stack, versions)

    module: ModuleType = sys.modules["example"]
    module.endless = None  # type: ignore[attr-defined] # would be called again
    began = stack.clock.now

    assert [one.result for one in asked(stack, versions)] == [[], []]
    assert began == stack.clock.now


@pytest.mark.parametrize("name", UNLOADED)
def test_where_a_recipe_is_not_loaded_a_built_in_one_has_the_project(name, deploy):
    deploy(UNLOADED[name])

    assert recipes.control_of(CONFIG).recipe == "text_choices"
    assert "example" in recipes.failures(CONFIG)[0]
