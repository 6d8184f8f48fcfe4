"""A recipe with what it is checked by: a label config, tasks, and what people said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.protocol import Control, Fitted, Recipe, Tools
from labelloop.recipes.tools import Toolbox


class Broken(Exception):
    """A recipe does not keep to a rule; the message says how."""


class Poor(Broken):
    """What a recipe learns is worth little, which may be chance, or the labels' fault."""


def demand_worth(holds: object, why: str) -> None:
    """Raise Poor with a reason unless something holds."""
    if not holds:
        raise Poor(why)


def demand(holds: object, why: str) -> None:
    """Raise Broken with a reason unless something holds."""
    if not holds:
        raise Broken(why)


@dataclass
class Case:
    """A recipe, and what is labelled with it.

    `config`: a label config that it learns; `tasks`: the data of some dozen tasks, all readable;
    `results`: what an annotator said of each, labels that can be learnt from these tasks;
    `of_nothing`: the label of an annotation without any region, None where it gives none;
    `of_others`: the same for one with regions of other controls alone; `learns`: false for a recipe
    that makes no models, by design. What is computed is remembered, as the loop does too.
    """

    recipe: Recipe
    config: str
    tasks: Sequence[Any]
    results: Sequence[list[dict[str, Any]]]
    tools: Tools = field(default_factory=Toolbox)
    of_nothing: Any = None
    of_others: Any = None
    learns: bool = True

    @cached_property
    def control(self) -> Control:
        """The control of the label config."""
        control = self.recipe.read(parse(self.config))
        if control is None:
            raise Broken(f"it does not read the label config: {self._why_not()}")
        return control

    def _why_not(self) -> str:
        return self.recipe.why_not(parse(self.config)) or "it does not say why"

    @cached_property
    def inputs(self) -> list[Any]:
        """What the control reads of the tasks."""
        return [self.control.input_of(data) for data in self.tasks]

    @cached_property
    def labels(self) -> list[Any]:
        """What the results mean."""
        return [self.control.label_of(result) for result in self.results]

    @cached_property
    def seen(self) -> Columns:
        """The features of all tasks."""
        seen = self.control.features(self.inputs, self.tools)
        demand(isinstance(seen, Columns), f"features are no Columns but {seen!r:.60}")
        return seen

    @cached_property
    def fitted(self) -> Fitted:
        """A model of all labels."""
        return self.control.fit(self.labels, self.seen, self.seen, self.tools)

    @cached_property
    def artefact(self) -> bytes:
        """That model as it is stored."""
        artefact = self.fitted.packed().artefact
        demand(isinstance(artefact, bytes), "the artefact is no bytes")
        return artefact

    @cached_property
    def out_of_fold(self) -> Answers:
        """Its answers out of fold."""
        return self.fitted.packed().out_of_fold

    @cached_property
    def answers(self) -> Answers:
        """Its answers for all tasks."""
        answers = self.fitted.answer(self.seen)
        demand(isinstance(answers, Answers), f"answers are no Answers but {answers!r:.60}")
        return answers


def demand_close(one: Answers, other: Answers, what: str) -> None:
    """Raise Broken unless two answers are the same but for rounding."""
    demand(tuple(one.names) == tuple(other.names), f"{what}: other names")
    demand_same(one.columns, other.columns, what, relative=1e-4, absolute=1e-5)


def demand_same(
    one: Columns, other: Columns, what: str, relative: float = 0.0, absolute: float = 0.0
) -> None:
    """Raise Broken unless blocks of numbers are the same within tolerances."""
    mine, theirs = one.to_arrays(), other.to_arrays()
    demand(mine.keys() <= theirs.keys(), f"{what}: other blocks")
    for name, array in mine.items():
        shapes = f"shapes {array.shape} and {theirs[name].shape}"
        demand(array.shape == theirs[name].shape, f"{what}: {name!r} has {shapes}")
        if array.dtype.kind in "fiub":
            same = np.allclose(array, theirs[name], relative, absolute, equal_nan=True)
        else:
            same = np.array_equal(array, theirs[name])
        demand(same, f"{what}: other numbers in {name!r}")


def demand_numbers(numbers: Any, rows: int, what: str, low: float, high: float) -> None:
    """Raise Broken unless there is a number for each row, all finite and within limits."""
    shape = getattr(numbers, "shape", None)
    demand(shape == (rows,), f"{what}: the shape is {shape}, not ({rows},)")
    demand(np.isfinite(numbers).all(), f"{what}: not all are finite")
    demand(((numbers >= low) & (numbers <= high)).all(), f"{what}: not within {low} to {high:g}")
