"""Boxes and the like on images: never predicted, but put in order by what the images show."""

from collections import Counter
from datetime import timedelta

from labelloop.domain.serving.in_words import problems
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.ordering.push import RankOutcome
from tests.integration.kinds.project import ChangingProject
from tests.kinds import image_choices
from tests.kinds.order_by_images import EXAMPLE
from tests.tiny_images import COLOURS, toolbox

QUEUE = 20  # the project's queue length


def test_images_come_in_order_while_they_are_labelled_and_nothing_is_predicted():
    # One image in eight is blue: the order must not wait for luck to show one.
    common = [task for task in EXAMPLE.tasks if _colour(task) != "blue"][:42]
    rare = [task for task in EXAMPLE.tasks if _colour(task) == "blue"][:6]
    project = ChangingProject(EXAMPLE.config, [*common, *rare])

    assert RankOutcome.PUSHED in project.rank(toolbox())
    first = _next(project, 6)
    assert Counter(map(_colour, first))["blue"] >= 1
    assert len({_colour(task) for task in first[:3]}) == len(COLOURS)

    project.label(range(24), EXAMPLE.answer)
    project.train(toolbox())
    assert project.version == "untrained"
    assert RankOutcome.PUSHED in project.rank(toolbox())
    pushed = project.studio.predictions_of(project.id)
    assert len(pushed) >= QUEUE
    assert not any(one["result"] for one in pushed)
    assert project.predict(common[:3], toolbox()) == [[], [], []]
    assert project.status["no_model"]["by_design"]
    assert project.status["learning"]["usable"]["usable"] == 24
    assert project.status["learning"]["text"] == "$image"


def test_a_deployment_that_sees_no_images_makes_no_order_and_says_what_mends_it():
    for example in (EXAMPLE, image_choices.EXAMPLE):
        project = ChangingProject(example.config, example.tasks)

        project.rank(Toolbox())

        assert not project.studio.predictions_of(project.id)
        (why,) = project.status["unread"]["why"]
        assert why["reason"] == "this deployment sees no images"
        assert "ImageEncoder" in why["fix"]
        assert not why["is_final"]
        assert any("can't be read" in line for line, _ in problems(project.status))

        # Deployed with an image encoder, all have their places once they are looked at again.
        project.clock.now += timedelta(hours=7)
        assert RankOutcome.PUSHED in project.rank(toolbox())
        assert len(project.studio.predictions_of(project.id)) == QUEUE
        assert project.status["unread"] is None


def _colour(task: dict[str, object]) -> str:
    return list(COLOURS)[int(str(task["ref"])) * 7 % 10 % 3]


def _next(project: ChangingProject, count: int) -> list[dict[str, object]]:
    """Return the data of the tasks that come first."""
    order = sorted(project.studio.predictions_of(project.id), key=lambda one: one["score"])
    data = {task["id"]: task["data"] for task in project.tasks()}
    return [data[one["task"]] for one in order[:count]]
