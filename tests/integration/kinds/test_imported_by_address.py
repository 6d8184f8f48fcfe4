"""A model is imported into a project whose texts lie at addresses: it gets the texts themselves."""

from typing import Any

import pytest

from labelloop.recipes import control_of, control_of_imported, signature
from labelloop.usecases.learning.train import TrainOutcome
from tests.integration.kinds.test_imported import GOOD, LABELS, TRUE, Importing
from tests.kinds.text_choices import EXAMPLE
from tests.onnx_models import artefact_of, text_pipeline
from tests.texts_by_address import Files, by_address

NEXT = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))


def model(*, is_right: bool = True, role: str = "model") -> bytes:
    """Return a model that knows the three subjects, or that takes each for the next one."""
    labels = TRUE if is_right else [NEXT[label] for label in TRUE]
    return artefact_of(text_pipeline(GOOD, labels), LABELS, role=role)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def example(files) -> Any:
    return by_address(EXAMPLE, files)


@pytest.fixture
def project(files, example) -> Importing:
    return Importing(files.toolbox(), example)


@pytest.mark.parametrize("role", ["model", "vectors"])
def test_it_is_served_compared_and_gone_on_from(role, project, example):
    project.label(range(2), example.answer)

    outcome = project.imported(model(is_right=False, role=role))

    assert (outcome["served"], outcome["labels"]) == (True, 2)
    assert project.right(example.tasks, example.answer, project.tools) < 0.2
    assert project.rank(project.tools)
    project.label(range(2, 50), example.answer)
    assert project.learn("sweep") is TrainOutcome.SWITCHED
    assert "the imported model" in project.card.gate["reason"]  # it was compared with that
    assert project.right(example.tasks, example.answer, project.tools) > 0.8
    assert project.learn("sweep") is TrainOutcome.UP_TO_DATE


def test_it_is_compared_with_a_trained_version(project, example):
    project.label(range(50), example.answer)
    project.learn("sweep")

    outcome = project.imported(model(is_right=False))

    assert not outcome["served"]
    assert outcome["why"].startswith("worse on 50 labels")


def test_what_cannot_be_read_is_left_out(project, example, files):
    files.bodies.pop(list(files.bodies)[3])
    project.label(range(20), example.answer)

    outcome = project.imported(model())

    assert (outcome["served"], outcome["labels"], outcome["accuracy"]) == (True, 19, 1.0)


def test_nothing_is_served_unseen_while_the_texts_are_out_of_reach(project, example, files):
    project.label(range(30), example.answer)
    project.learn("sweep")
    trained = project.version
    files.is_down, project.tools = True, files.toolbox()
    stored = project.store.list(f"projects/{project.key}/features/")
    project.store.delete([one.key for one in stored])

    outcome = project.imported(model(is_right=False))

    assert (outcome["served"], project.version) == (False, trained)
    assert outcome["why"] == "too few labels to compare on: the server answered 503"


def test_columns_that_no_config_names_are_read(example):
    control: Any = control_of_imported(example.config)

    read = control.input_of(example.tasks[0] | {"price": 7})

    assert read["price"] == 7
    plain = control_of(example.config)
    assert signature.signature_of(control.plain) == signature.signature_of(plain)
