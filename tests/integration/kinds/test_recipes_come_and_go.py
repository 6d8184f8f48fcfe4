"""A recipe of one's own that comes or goes is followed without a new label, and only once."""

from importlib import metadata
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from labelloop import recipes
from labelloop.errors import Unprocessable
from labelloop.recipes.classifier.recipe import TextClassifier
from labelloop.recipes.entry_points import GROUP
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.learnt_all import learnt_all
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.serving.activate import activate
from labelloop.usecases.serving.list_history import list_history
from tests.integration.kinds.test_imported import Importing
from tests.kinds.text_choices import EXAMPLE
from tests.unit.recipes.test_recipes import Point


@pytest.fixture
def install(monkeypatch):
    """Have just these recipes of one's own installed."""
    entry_points = metadata.entry_points

    def install(*names: str) -> None:
        points = [Point(name, TextClassifier(name, LogisticRegression)) for name in names]

        def found(*, group: str) -> Any:
            return points if group == GROUP else entry_points(group=group)

        monkeypatch.setattr(metadata, "entry_points", found)
        recipes.forget_added()

    yield install
    monkeypatch.undo()
    recipes.forget_added()


@pytest.fixture
def project(install):
    install()
    project = Importing()
    project.label(range(40), EXAMPLE.answer)
    project.learn("sweep")
    return project


def is_woken(project) -> bool:
    """Say whether the sweep wakes the trainer."""
    return project.stored.untrained_dataset("", trusts_unknown=True) is not None


@pytest.mark.parametrize("reason", ["sweep", "start_training"])
def test_one_that_comes_is_trained_and_one_that_goes_is_replaced(project, install, reason):
    for names, recipe in [(["mine"], "mine"), (["other"], "other"), ([], "text_choices")]:
        install(*names)

        assert is_woken(project)
        assert learnt_all(project.key, project.store, Toolbox()) == ""
        assert project.learn(reason) is TrainOutcome.SWITCHED

        assert project.card.recipe == recipe
        assert not is_woken(project)
        assert learnt_all(project.key, project.store, Toolbox()) == project.version


def test_one_that_does_not_learn_the_project_makes_no_version(project, install):
    version = project.version
    install("mine")
    project.configure(EXAMPLE.config)
    project.learn("sweep")
    assert project.version != version
    version = project.version

    install("zzz", "mine")  # asked in this order, so `zzz` reads it first
    assert is_woken(project)
    project.learn("sweep")
    assert project.card.recipe == "mine"
    assert project.version == version
    assert not is_woken(project)


def test_a_version_that_a_person_activates_stays_whatever_recipe_made_it(project, install):
    built_in = project.version
    install("mine")
    project.learn("sweep")

    activate(project.key, built_in, project.by_hand)

    assert not is_woken(project)
    assert project.learn("start_training") is TrainOutcome.UP_TO_DATE
    assert project.version == built_in


def test_a_version_is_named_by_a_recipe_that_is_not_built_in(project, install):
    assert project.status["made_by"] == ""
    built_in = project.version
    install("mine")
    project.learn("sweep")

    assert project.card.gate["reason"] == "the active version is by another recipe, 'text_choices'"
    assert project.status["made_by"] == "by the recipe 'mine'"
    whys = {row["version"]: row["why"] for row in listed(project)}
    assert whys[project.version].startswith("by the recipe 'mine': the active version is by")
    assert whys[built_in] == "the first version"


def test_a_version_whose_recipe_is_gone_is_not_activated_and_its_recipe_is_named(project, install):
    install("mine")
    project.learn("sweep")
    version = project.version
    install()
    assert "by the recipe 'mine', which is not installed" in project.status["no_model"]["reason"]
    project.learn("sweep")

    with pytest.raises(Unprocessable, match="made by the recipe 'mine', which is not installed"):
        activate(project.key, version, project.by_hand)


def listed(project):
    return list_history(project.key, project.store)["versions"]
