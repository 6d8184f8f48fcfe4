"""Answer while a person draws: interactive pre-annotation, by a recipe that wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from labelloop.domain.ordering.selection import LABEL_FIRST
from labelloop.errors import BadRecipe
from labelloop.recipes import control_or_none, has_own
from labelloop.recipes.fetched import with_texts
from labelloop.usecases.serving.predict import OwnRecipes, Prediction, not_predicted, question_of
from labelloop.usecases.serving.showable import Door

if TYPE_CHECKING:  # protocols take milliseconds of a cold start
    from labelloop.recipes.protocol import Tools
    from labelloop.usecases.serving.serve import Served

# Somebody has just drawn something and waits: later an answer is in the way.
WHILE_DRAWING: Final = OwnRecipes(limit_s=5.0, rests_s=60.0)


def suggest(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    context: Mapping[str, Any],
    tools: Tools,
) -> list[Prediction] | None:
    """Return a suggestion for each task by what is drawn; None if they are to be predicted.

    That is so without a context, and where the recipe answers none. One is empty if a text of the
    task can't be read; all are if the recipe fails, or takes longer than `WHILE_DRAWING` allows.
    Nothing of it is stored.
    """
    if not context or not has_own():
        return None
    try:
        control = control_or_none(label_config, served.recipe, served.signature)
        suggested = getattr(control, "suggested", None)
        if control is None or suggested is None:
            return None
        model = served.model if question_of(control, served) else None
        given = [task if isinstance(task, Mapping) else {} for task in tasks]
        read = [with_texts(control, task, tools) for task in given]  # not in the recipe's time
        with WHILE_DRAWING.trying(served.version, label_config):
            results = [[] if task is None else suggested(model, task, context) for task in read]
        data = [task.get("data") for task in given]
        shown = Door(label_config, served.version).showable(results, data)
    except BadRecipe as exc:
        return not_predicted(tasks, served, exc)
    return [Prediction(result, LABEL_FIRST) for result in shown]
