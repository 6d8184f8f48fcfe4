"""A project of any kind may become one of any other: nothing raises, and the new kind is learnt."""

import copy
from itertools import pairwise, permutations

import pytest

from labelloop.recipes import control_of
from labelloop.usecases.learning.train import TrainOutcome
from tests.about_texts import ABOUT_TEXTS
from tests.integration.kinds.project import ChangingProject, Result, renamed
from tests.kinds import (
    candidates,
    image_choices,
    order_alone,
    order_by_images,
    several_controls,
)
from tests.kinds.example import Example
from tests.tiny_images import toolbox

KINDS = {
    **ABOUT_TEXTS,
    "order": candidates.EXAMPLE,
    "buckets": candidates.SORTED,
    "options": candidates.CHOSEN,
    "image": image_choices.EXAMPLE,
    "several": several_controls.EXAMPLE,
    "order alone": order_alone.EXAMPLE,
    "order by images": order_by_images.EXAMPLE,
}
RING = list(pairwise([*KINDS, "choice"]))
OLD, BLANK, NEW, UNSEEN = range(20), range(20, 24), range(30, 60), range(60, 80)
_BEGUN: dict[str, ChangingProject] = {}


def _nothing(_: object) -> Result:
    return []


def _begun(before: str) -> ChangingProject:
    """Return a copy of a project of one kind with a version, an order, and empty annotations."""
    if before not in _BEGUN:
        example = KINDS[before]
        project = ChangingProject(example.config, example.tasks[:30])
        project.rank(toolbox())
        project.label(OLD, example.answer)
        project.label(BLANK, _nothing)
        project.train(toolbox())
        project.rank(toolbox())
        _BEGUN[before] = project
    return copy.deepcopy(_BEGUN[before])


def _name(example: Example) -> str:
    return str(control_of(example.config).about()["choice"])


def _become(before: str, after: str) -> None:
    example, old, new = KINDS[after], _name(KINDS[before]), _name(KINDS[after])
    if "," not in old + new and old and new:  # under one name, so that nothing else tells
        example = renamed(example, new, old)
    project = _begun(before)
    tasks = [*KINDS[before].tasks[:30], *example.tasks[:50]]
    project.studio.import_tasks(project.id, tasks[30:])

    project.configure(example.config)
    _look(project, tasks)
    project.train(toolbox())
    _look(project, tasks)
    project.label(NEW, example.answer)
    outcome = project.train(toolbox())
    _look(project, tasks)

    if after.startswith("order "):
        assert project.status["no_model"]["by_design"]
        return
    assert outcome is TrainOutcome.SWITCHED
    assert project.card.recipe == example.recipe
    assert project.card.labels >= len(NEW)
    assert project.status["refused"] is None
    assert project.status["no_model"] is None
    unseen = [tasks[row] for row in UNSEEN]
    assert project.right(unseen, example.answer, toolbox()) > 0.4
    assert project.train(toolbox()) is TrainOutcome.UP_TO_DATE


def _look(project: ChangingProject, tasks: list[dict[str, object]]) -> None:
    """Do all that is done with a version."""
    project.predict(tasks, toolbox())
    project.rank(toolbox())
    assert project.status
    assert project.doubts is not None


@pytest.mark.parametrize(("before", "after"), RING)
def test_each_kind_becomes_another(before, after):
    _become(before, after)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), sorted({*permutations(KINDS, 2)} - {*RING}))
def test_any_kind_becomes_any_other(before, after):
    _become(before, after)
