"""Run what a recipe of one's own has learnt, before it replaces what is served."""

from typing import Final

import numpy as np

from labelloop.domain.columns import Columns
from labelloop.errors import BadRecipe
from labelloop.recipes.protocol import Control, Model, Trained

_FEW: Final = 20


def smoke_run(control: Control, trained: Trained, features: Columns, encoder: str) -> None:
    """Raise BadRecipe if a ranking or a prediction by the model would fail, as far as a few show.

    `features`: those of the examples. `encoder`: the name of the one that the recipe uses.
    """
    rows = len(trained.out_of_fold)
    if rows != len(features):
        raise BadRecipe(f"{_named(control)} gives {rows} answers out of fold of {len(features)}")
    few = features.take(range(min(_FEW, len(features))))
    model = control.load(trained.artefact)
    control.vectors(few.only(control.apart(encoder)))
    _show(control, model, few)
    _show(control, model, few.take([0]))


def _show(control: Control, model: Model, features: Columns) -> None:
    answers = model.answer(features.only(model.needs))
    finite = answers.columns.are_finite() | ~features.are_finite()
    if not np.all(finite):
        raise BadRecipe(f"{_named(control)} gives answers that are not finite")
    names = control.known(answers.names)
    control.largest(answers.names)
    if names is not None:
        shown = control.shown(answers, names)
        control.measure.reading(shown)
        control.measure.labels(shown)
        control.results(shown)


def _named(control: Control) -> str:
    return f"the recipe {control.recipe!r}"
