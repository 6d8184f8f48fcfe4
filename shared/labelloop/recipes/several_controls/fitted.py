"""One version of several controls as it is fitted: each control's model, by its own recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns
from labelloop.errors import Unprocessable
from labelloop.recipes import BUILT_IN
from labelloop.recipes.protocol import Control, Fitted, Tools, Trained
from labelloop.recipes.region_answers.control import RegionAnswers
from labelloop.recipes.region_answers.fitted import FittedRegions
from labelloop.recipes.region_answers.model import RegionModel
from labelloop.recipes.several_controls import NAME
from labelloop.recipes.several_controls.model import Part, SeveralModel, packed
from labelloop.recipes.several_controls.parts import answers_beside, own_columns, prefix_of

if TYPE_CHECKING:
    from labelloop.recipes.several_controls.control import Labels, SeveralControls


def learnt(
    several: "SeveralControls",
    labels: "Sequence[Labels]",
    features: Columns,
    pool: Columns | None,
    tools: Tools | None,
) -> "FittedSeveral":
    """Learn each control from the tasks that it was answered of; one that can't be is left.

    One about regions can't be without the control that marks them. Unprocessable if none can.
    """
    fitted: list[FittedPart] = []
    whys = []
    for name, control in several.controls:
        rows = [row for row, label in enumerate(labels) if name in label]
        given, group = [labels[row][name] for row in rows], several.group_of(control)
        own = own_columns(group, features)
        around = None if pool is None else own_columns(group, pool)
        recipe, of = _made_by(control)
        try:
            if why := control.missing(given, 0):
                raise Unprocessable(why)
            if of and of not in {part.name for part in fitted}:
                raise Unprocessable(f"no regions by {of!r} are predicted yet")
            model = control.fit(given, own.take(rows), around, tools)
        except Unprocessable as exc:
            whys.append(f"{name!r}: {exc}")
            continue
        fitted.append(FittedPart(name, recipe, group, model, tuple(rows), own, of))
    if not fitted:
        raise Unprocessable("; ".join(whys))
    return FittedSeveral(fitted, len(labels), whys)


def _made_by(control: Control) -> tuple[str, str]:
    """Return the recipe that makes a control's model, and the control whose regions it is about."""
    if isinstance(control, RegionAnswers):
        return control.inner.recipe, control.spans.from_name
    return control.recipe, ""


@dataclass(frozen=True, slots=True)
class FittedPart:
    """One control's model as it was fitted. `rows`: the examples that have a label of it.

    `features`: of all examples, as the control sees them.
    """

    name: str
    recipe: str
    group: str
    model: Fitted
    rows: tuple[int, ...]
    features: Columns
    of: str = ""

    def header(self, size: int) -> dict[str, Any]:
        """Return what tells how to load the model out of so many bytes."""
        row = {"name": self.name, "recipe": self.recipe, "group": self.group, "bytes": size}
        if not isinstance(self.model, RegionModel):
            return row
        types = None if self.model.types is None else sorted(self.model.types)
        return row | {"of": {"control": self.of, "types": types, "needs": self.model.needs}}

    def out_of_fold(
        self, trained: Trained, examples: int, before: Mapping[str, Answers]
    ) -> Answers:
        """Return answers of all examples: of those without a label of it, it has learnt none.

        `before`: those of the controls before it.
        """
        if isinstance(self.model, FittedRegions):
            spans = before[prefix_of(self.of)]
            return self.model.out_of_fold(trained, self.rows, self.features, spans)
        labelled = np.array(self.rows, np.int64)
        others = np.setdiff1d(np.arange(examples), labelled)
        if not len(others):
            return trained.out_of_fold
        rest = self.model.answer(self.features.take(others))
        order = np.argsort(np.concatenate([labelled, others]), kind="stable")
        return joined_answers([trained.out_of_fold, rest]).take(order)


class FittedSeveral(SeveralModel):
    """The models of several controls as they were fitted. `not_learnt`: why others were not."""

    def __init__(
        self, parts: Sequence[FittedPart], examples: int, not_learnt: Sequence[str] = ()
    ) -> None:
        super().__init__([Part(part.name, part.group, part.model, part.of) for part in parts])
        self._fitted, self._examples, self._not_learnt = parts, examples, list(not_learnt)

    def packed(self) -> Trained:
        """Return all artefacts as one, and all answers out of fold beside each other."""
        trained = [part.model.packed() for part in self._fitted]
        header = {
            "format": BUILT_IN[NAME],
            "parts": [
                part.header(len(one.artefact))
                for part, one in zip(self._fitted, trained, strict=True)
            ],
        }
        artefact = packed(header, b"".join(one.artefact for one in trained))
        facts = {p.name: one.facts for p, one in zip(self._fitted, trained, strict=True)}
        answers: dict[str, Answers] = {}
        for part, one in zip(self._fitted, trained, strict=True):
            answers[prefix_of(part.name)] = part.out_of_fold(one, self._examples, answers)
        return Trained(
            artefact,
            {"bytes": len(artefact), "controls": facts, "not_learnt": self._not_learnt},
            answers_beside(self._examples, answers),
        )
