"""Models of other libraries are imported, served, order the queue, and are rolled back."""

from dataclasses import replace
from typing import Any

import pytest

from labelloop.domain.intake.events import Event, text_of
from labelloop.messages import WakeUp
from labelloop.recipes import control_of_imported
from labelloop.recipes.guard import within
from labelloop.recipes.tools import Texts, Toolbox
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from labelloop.usecases.serving.activate import ActivateDeps, activate, roll_back
from labelloop.usecases.serving.choose import ChooseDeps, choose
from labelloop.usecases.serving.pin import PinDeps, pin
from tests.deps import training_deps
from tests.fakes import MemoryQueue
from tests.integration.kinds.project import STRATEGY, ChangingProject
from tests.kinds.example import Example
from tests.kinds.image_choices import EXAMPLE as IMAGES
from tests.kinds.several_choices import EXAMPLE as SEVERAL
from tests.kinds.text_choices import EXAMPLE, SUBJECTS
from tests.onnx_models import artefact_of, number_model, text_pipeline, topics_pipeline, transformer
from tests.tiny_encoder import CountingEncoder

LABELS = tuple(SUBJECTS)
TOPICS = ("Billing", "Delivery", "login", "Praise")
GOOD = [one["text"] for one in EXAMPLE.tasks]
TRUE = [EXAMPLE.answer(one)[0]["value"]["choices"][0] for one in EXAMPLE.tasks]


class Importing(ChangingProject):
    """A project that a model may be imported into."""

    def __init__(self, tools: Toolbox | None = None, example: Example = EXAMPLE) -> None:
        super().__init__(example.config, [dict(data) for data in example.tasks])
        self.tools = tools or Toolbox()

    def imported(self, artefact: bytes, *, is_forced: bool = False, **changes: Any) -> Any:
        """Import a model; return what came of it."""
        number = str(self.clock.now.timestamp())
        self.stored.imports.add(number, artefact, "anna", is_forced=is_forced)
        self.learn(**changes)
        return self.stored.imports.outcome(number)

    def learn(self, reason="start_training", **changes):
        self.clock.sleep(60)
        deps = training_deps(
            self.store,
            MemoryQueue(),
            self.clock,
            min_labels=10,
            strategy=STRATEGY,
            tools=self.tools,
            **changes,
        )
        return train(WakeUp(self.key, reason), deps)

    def rename(self, title: str) -> None:
        """Have the project's title changed: an event that changes no example."""
        self.clock.sleep(60)
        now = text_of(self.clock.now)
        event = Event("PROJECT_UPDATED", self.key, now, project_updated_at=now)
        self.stored.add_event(title, replace(event, settings={"title": title}))

    def stored_card(self, version: str) -> Any:
        return self.stored.card(version)

    @property
    def by_hand(self):
        return ActivateDeps(store=self.store, rank_queue=MemoryQueue(), clock=self.clock)


@pytest.fixture(scope="module")
def sound():
    """A model that knows the three subjects."""
    return artefact_of(text_pipeline(GOOD, TRUE), LABELS)


@pytest.fixture(scope="module")
def upside_down():
    """A model that takes each subject for the next one."""
    shifted = {label: LABELS[(place + 1) % 3] for place, label in enumerate(LABELS)}
    return artefact_of(text_pipeline(GOOD, [shifted[label] for label in TRUE]), LABELS)


def test_a_model_is_served_from_the_first_label_on_and_orders_the_queue(sound):
    project = Importing()
    project.label(range(2), EXAMPLE.answer)

    outcome = project.imported(sound)
    project.rank()

    assert (outcome["served"], outcome["labels"], outcome["accuracy"]) == (True, 2, 1.0)
    assert project.version == outcome["version"]
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer) == 1.0
    counts = project.studio.prediction_counts(project.id)
    assert counts == {outcome["version"]: 20}
    card = project.card
    assert (card.recipe, card.is_imported, card.labels) == ("imported", True, 2)
    assert sorted(card.facts["imported"]["labels"]) == sorted(LABELS)
    assert "it was imported (model.onnx, sha256" in project.status["told"][0]


def test_a_model_is_served_before_any_label(sound):
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.configure(EXAMPLE.config)

    outcome = project.imported(sound)
    project.rank(project.tools)

    assert (outcome["served"], outcome["labels"], outcome["accuracy"]) == (True, 0, None)
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer, project.tools) == 1.0
    assert project.status["card"]["labels"] == 0
    assert project.stored.untrained_dataset(CountingEncoder.name, "") is None
    project.label(range(30), EXAMPLE.answer)
    project.learn("sweep")
    assert project.version == outcome["version"]


def test_a_model_of_columns_is_tried_on_the_pool_before_any_label():
    rows = [{"text": f"task {age}", "age": age} for age in range(30)]
    project = Importing(example=replace(EXAMPLE, tasks=rows))
    project.rank()
    project.configure(EXAMPLE.config)

    outcome = project.imported(
        artefact_of(number_model([[20], [30], [40]], LABELS), LABELS, columns=("age",))
    )

    assert (outcome["served"], outcome["labels"]) == (True, 0), outcome["why"]
    assert all(project.predict(rows))
    assert not any(project.predict(EXAMPLE.tasks[:3]))  # which have no age


def test_what_takes_too_long_to_encode_goes_on_at_the_next_call(sound):
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(20), EXAMPLE.answer)
    project.learn("sweep")
    project.label(range(20, 40), EXAMPLE.answer)

    assert project.imported(sound, encoding=Limits(-1.0, 5)) is None
    assert project.stored.imports.waiting()
    for _ in range(5):
        project.learn()

    assert not project.stored.imports.waiting()
    assert project.card.is_imported


def test_labels_that_arrive_do_not_take_an_imported_model_away(sound):
    project = Importing()
    project.label(range(1), EXAMPLE.answer)
    version = project.imported(sound)["version"]
    for first in (1, 6, 12, 20):
        project.label(range(first, first + 4), EXAMPLE.answer)
        project.learn("sweep")

        assert project.version == version
    assert project.stored.untrained_dataset("", "") is None


def test_a_training_that_is_better_takes_over_and_the_imported_model_can_come_back(upside_down):
    project = Importing()
    project.label(range(1), EXAMPLE.answer)
    version = project.imported(upside_down)["version"]
    project.label(range(1, 50), EXAMPLE.answer)

    assert project.learn("sweep") is TrainOutcome.SWITCHED

    assert project.version != version
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer) > 0.8
    assert activate(project.key, version, project.by_hand)
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer) < 0.2


def test_a_worse_model_is_stored_and_not_served_unless_it_is_forced(upside_down):
    project = Importing()
    project.label(range(50), EXAMPLE.answer)
    project.learn("sweep")
    trained = project.version

    refused = project.imported(upside_down)

    assert (refused["served"], project.version) == (False, trained)
    assert refused["fix"].endswith("--force serves it all the same")
    assert project.stored_card(refused["version"]).is_rejected
    forced = project.imported(upside_down, is_forced=True)
    assert (project.version, forced["served"]) == (forced["version"], True)
    assert roll_back(project.key, project.by_hand) == trained
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer) > 0.8


def test_after_a_rollback_only_something_new_to_learn_brings_a_new_version(sound):
    """Label Studio reports each change of `model_version` by an event, so one follows at once."""
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(50), EXAMPLE.answer)
    project.learn("sweep")
    trained = project.version
    project.rename("before")
    assert project.imported(sound)["served"]
    assert roll_back(project.key, project.by_hand) == trained

    project.rename("after")
    project.learn("sweep")

    assert project.stored.dataset(project.stored.dataset_pointer().value).title == "after"
    assert project.version == trained
    project.label(range(50, 60), EXAMPLE.answer)
    project.learn("sweep")
    assert project.version != trained


@pytest.mark.parametrize("chosen", ["other", "none"])
def test_it_is_compared_with_a_version_beside_an_encoder_that_is_not_chosen_any_more(
    chosen, sound, upside_down
):
    other = type("Other", (CountingEncoder,), {"name": "other-9"})
    known = {"other": Texts("other-9", other), "none": Texts("", None)}
    tools = Toolbox(CountingEncoder.name, CountingEncoder, find=known.__getitem__)
    project = Importing(tools)
    project.label(range(50), EXAMPLE.answer)
    project.learn("sweep")
    trained = project.version
    choices = ChooseDeps(
        store=project.store, train_queue=project.queue, demand_encoder=known.__getitem__
    )
    choose(project.key, {"encoder": chosen}, choices)

    refused = project.imported(upside_down)
    assert not refused["served"]
    assert refused["why"].startswith("worse on 50 labels")

    assert activate(project.key, trained, replace(project.by_hand, has_encoder=lambda _: True))
    served = project.imported(sound)

    assert served["why"].startswith("not worse than the active version on 50 labels")
    assert project.card.encoder == known[chosen].encoder
    assert project.stored.active().value.passed_over is None


def test_a_better_model_replaces_a_trained_one(sound):
    project = Importing()
    project.label(range(12), EXAMPLE.answer)
    project.learn("sweep")

    outcome = project.imported(sound)

    assert outcome["served"], outcome["why"]
    assert project.status["version"] == outcome["version"]
    assert project.card.gate["numbers"]


def test_a_pinned_project_stays_pinned(sound):
    project = Importing()
    project.label(range(12), EXAMPLE.answer)
    project.learn("sweep")
    pin(project.key, PinDeps(store=project.store, train_queue=project.queue, clock=project.clock))

    version = project.imported(sound)["version"]
    project.label(range(12, 40), EXAMPLE.answer)
    project.learn("sweep")

    assert project.stored.active().value.pinned
    assert project.version == version


def test_another_encoder_or_other_options_do_not_take_an_imported_model_away(sound):
    project = Importing()
    project.label(range(20), EXAMPLE.answer)
    version = project.imported(sound)["version"]
    project.tools = Toolbox(CountingEncoder.name, CountingEncoder)
    project.learn("sweep")

    assert project.version == version
    assert project.stored.untrained_dataset(CountingEncoder.name, "") is None
    assert activate(project.key, version, project.by_hand) is False


@pytest.mark.parametrize("config", [IMAGES.config, "<View/>"], ids=["images", "nothing"])
def test_a_label_config_about_something_else_is_learnt_once_and_no_more(sound, config):
    """Images have an encoder of their own: it is none that the model's recipe would use."""
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(20), EXAMPLE.answer)
    version = project.imported(sound)["version"]
    project.configure(config)

    with within(20, "the training"):
        assert project.learn("sweep") is TrainOutcome.UP_TO_DATE

    assert project.version == version
    assert project.stored.untrained_dataset(CountingEncoder.name, "") is None


def test_another_strategy_orders_the_queue_by_the_same_model(sound):
    project = Importing()
    project.label(range(20), EXAMPLE.answer)
    first = project.imported(sound)["version"]
    choices = ChooseDeps(store=project.store, train_queue=project.queue)
    choose(project.key, {"strategy": "entropy"}, choices)

    assert project.learn("options") is TrainOutcome.SWITCHED

    assert project.version != first
    assert (project.card.is_imported, project.card.strategy) == (True, "entropy")
    assert project.card.sha256 == project.stored_card(first).sha256
    assert project.stored.untrained_dataset("", "") is None


def test_a_transformer_is_served_and_a_head_is_trained_on_its_vectors():
    graph, tokenizer = transformer([" ".join(texts).split() for texts in SUBJECTS.values()])
    wrong = ("travel", "food", "money")  # so that there is something to learn
    artefact = artefact_of(graph, wrong, tokenizer=tokenizer, role="vectors")
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(6), EXAMPLE.answer)
    version = project.imported(artefact)["version"]
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer, project.tools) < 0.2
    project.label(range(6, 50), EXAMPLE.answer)

    assert project.learn("sweep") is TrainOutcome.SWITCHED

    assert project.version != version
    assert not project.card.is_imported
    assert "trained on what an imported model sees" in project.status["told"][0]
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer, project.tools) > 0.9
    assert project.rank(project.tools)


def test_learning_from_what_a_model_sees_ends_with_a_version_from_before():
    graph, tokenizer = transformer([" ".join(texts).split() for texts in SUBJECTS.values()])
    artefact = artefact_of(graph, ("travel", "food", "money"), tokenizer=tokenizer, role="vectors")
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(24), EXAMPLE.answer)
    project.learn("sweep")
    before = project.version
    project.imported(artefact, is_forced=True)
    assert "`labelloop activate` a version from before" in project.status["told"][0]
    project.label(range(24, 44), EXAMPLE.answer)
    project.learn("sweep")
    assert project.card.recipe == "imported"

    activate(project.key, before, project.by_hand)
    project.label(range(44, 54), EXAMPLE.answer)
    project.learn("sweep")

    assert project.version != before
    assert project.card.recipe == "text_choices"
    assert not any("imported model" in line for line in project.status["told"])


def test_several_labels_at_once_are_answered_by_a_model_too():
    texts = [one["text"] for one in SEVERAL.tasks]
    ticked = [
        [
            name in (SEVERAL.answer(one) or [{"value": {"choices": []}}])[0]["value"]["choices"]
            for name in TOPICS
        ]
        for one in SEVERAL.tasks
    ]
    control = control_of_imported(SEVERAL.config)
    artefact = artefact_of(topics_pipeline(texts, ticked), TOPICS, control)
    project = Importing(example=SEVERAL)
    project.label(range(3), SEVERAL.answer)

    outcome = project.imported(artefact)
    project.rank()

    assert (outcome["served"], outcome["why"]) == (True, "the first version")
    assert project.right(SEVERAL.tasks, SEVERAL.answer) > 0.9
    project.label(range(3, 60), SEVERAL.answer)
    project.learn("sweep")
    assert project.version == outcome["version"]


def test_a_label_that_is_not_offered_is_refused():
    project = Importing()
    project.label(range(20), EXAMPLE.answer)
    project.learn("sweep")
    trained = project.version
    labels = ("money", "travel", "sports")
    renamed = ["sports" if label == "food" else label for label in TRUE]

    outcome = project.imported(artefact_of(text_pipeline(GOOD, renamed), labels))

    assert (outcome["served"], project.version) == (False, trained)
    assert outcome["why"] == "the label config offers no sports"
    assert "money, travel, food" in outcome["fix"]


def test_what_fails_unforeseen_has_an_outcome_too(sound):
    project = Importing()
    project.label(range(20), EXAMPLE.answer)

    def broken(*_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        project.imported(sound, try_model=broken)

    listed = project.store.list(f"projects/{project.key}/imports/")
    (number,) = {one.key.split("/")[3] for one in listed}
    outcome: Any = project.stored.imports.outcome(number)
    assert outcome["why"].endswith("RuntimeError")
    assert not project.stored.imports.waiting()
