"""Several controls of one config: what each of their recipes reads, learns and shows, as one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from labelloop.domain.learning.examples import label_beside
from labelloop.labelstudio.visibility import Condition
from labelloop.recipes import format_of
from labelloop.recipes.region_answers.control import RegionAnswers
from labelloop.recipes.several_controls import NAME
from labelloop.recipes.several_controls.parts import (
    Measured,
    answers_beside,
    beside,
    named,
    own_answers,
    own_columns,
    own_names,
    prefix_of,
)

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Control, Fitted, Model, Region, Tools
    from labelloop.recipes.several_controls.measure import SeveralMeasure

type Suggest = Callable[[Any, Mapping[str, Any], Mapping[str, Any]], list[Region]]
type Labels = dict[str, Any]
"""What people answered, by the name of the control: those without an answer are left out."""


@dataclass(frozen=True)
class SeveralControls:
    """The controls that are learnt, by name. See `recipes.protocol.Control`.

    Controls of one recipe that see the same of a task share its features: a group. A task is read
    if all groups can read it. One about regions stands behind the one that marks them. `others`:
    the titles of controls that are not learnt; `hidden`: on what conditions a control is shown;
    `recipe`: the name of the recipe that read the config; `weights`: of controls in readings, 1 of
    those that are not named.
    """

    controls: "tuple[tuple[str, Control], ...]"
    others: tuple[str, ...] = ()
    hidden: tuple[tuple[str, tuple[Condition, ...]], ...] = ()
    recipe: str = NAME
    weights: tuple[tuple[str, float], ...] = ()
    law: None = None

    @cached_property
    def groups(self) -> "dict[str, Control]":
        """One control of each group, by the prefix of the group's features."""
        first: dict[tuple[str, str], Control] = {}
        for _, control in self.controls:
            first.setdefault((control.recipe, control.sees), control)
        return {_prefix_of(control): control for control in first.values()}

    @property
    def suggested(self) -> "Suggest | None":
        """What answers while a person draws, None where none of the controls does."""
        asks = any(hasattr(control, "suggested") for _, control in self.controls)
        return self._suggested if asks else None

    def _suggested(
        self, model: "Any", task: Mapping[str, Any], context: Mapping[str, Any]
    ) -> list["Region"]:
        """Ask each control that something is drawn of.

        What is drawn by one that is not learnt, as a click that a mask is to be made of, is for
        all: nothing says for which.
        """
        models = {part.name: part.model for part in model.parts} if model else {}
        learnt = {name for name, _ in self.controls}
        result: list[Region] = []
        for name, control in self.controls:
            others = learnt - {name}
            drawn = [one for one in context["result"] if one.get("from_name") not in others]
            suggest: Suggest | None = getattr(control, "suggested", None)
            if drawn and suggest:
                result += suggest(models.get(name), task, {**context, "result": drawn})
        return result

    def group_of(self, control: "Control") -> str:
        """Return the prefix of the features of a control's group."""
        return _prefix_of(control)

    def only(self, names: Collection[str]) -> "SeveralControls":
        """Return the same without all others than these, and those about their regions."""
        return replace(self, controls=tuple(one for one in self.controls if _stays(one, names)))

    def weighted(self, weights: Mapping[str, float]) -> "SeveralControls":
        """Return the same with the weights of its controls, by name; 1 of those without one."""
        own = tuple((name, weights[name]) for name, _ in self.controls if name in weights)
        return replace(self, weights=own)

    @property
    def sees(self) -> str:
        """What all groups see of tasks, and in which format."""
        groups = self.groups.values()
        return "\n\n".join(f"{one.recipe} {format_of(one.recipe)} {one.sees}" for one in groups)

    @property
    def asks(self) -> str:
        """What all controls ask."""
        return ", ".join(one.asks for _, one in self.controls)

    @property
    def offered(self) -> tuple[str, ...]:
        """What all controls offer, each after its control's name."""
        return tuple(o for name, one in self.controls for o in named(prefix_of(name), one.offered))

    @cached_property
    def measure(self) -> "SeveralMeasure":
        """How answers are compared: by each control's own measure."""
        from labelloop.recipes.several_controls.measure import SeveralMeasure

        weight, weights = 1 / len(self.controls), dict(self.weights)
        return SeveralMeasure(
            tuple(
                Measured(name, one.offered, one.measure, weight, weights.get(name, 1.0))
                for name, one in self.controls
            )
        )

    @property
    def is_pushable(self) -> bool:
        """Whether Label Studio's import accepts the results of all controls."""
        return all(one.is_pushable for _, one in self.controls)

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        texts = dict.fromkeys(one.about()["text"] for _, one in self.controls)
        return {
            "choice": ", ".join(name for name, _ in self.controls),
            "text": " + ".join(texts),
            "labels": list(self.offered),
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> list[Any] | None:
        """Return the input of each group, None if one has nothing to read."""
        inputs = [one.input_of(data) for one in self.groups.values()]
        return None if None in inputs else inputs

    def work(self, input_: list[Any]) -> int:
        """Return the cost of all groups' inputs."""
        return sum(one.work(own) for one, own in zip(self.groups.values(), input_, strict=True))

    def label_of(self, result: list["Region"]) -> Labels | None:
        """Return the label of each control that has one, None if none has."""
        return label_beside({name: one.label_of(result) for name, one in self.controls})

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, by a control that has an example if one has."""
        if self.label_of(result) is not None:
            return ("", "") if is_readable else ("on tasks that can't be read", "")
        reasons = [one.why_unusable(result, is_readable) for _, one in self.controls]
        return next((each for each in reasons if each[1]), reasons[0])

    def parts(self, label: Labels) -> tuple[str, ...]:
        """Return the parts of each control's label, each after its control's name."""
        answered = [(name, one) for name, one in self.controls if name in label]
        return tuple(
            p for name, one in answered for p in named(prefix_of(name), one.parts(label[name]))
        )

    # -- learning ------------------------------------------------------------------------------

    def features(
        self, inputs: Sequence[list[Any]], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the features of all groups; of `only` those groups that have a block in it."""
        seen = {}
        for number, (prefix, control) in enumerate(self.groups.items()):
            own = None if only is None else own_names(prefix, only)
            if own is None or own:
                seen[prefix] = control.features([one[number] for one in inputs], tools, own)
        return beside(len(inputs), seen)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the blocks that tell tasks apart, of groups that see different things."""
        return tuple(
            block for prefix, one in self._apart() for block in named(prefix, one.apart(encoder))
        )

    def _apart(self) -> "list[tuple[str, Control]]":
        by_what: dict[str, tuple[str, Control]] = {}
        for prefix, one in self.groups.items():
            by_what.setdefault(one.sees, (prefix, one))
        return list(by_what.values())

    def vectors(self, features: "Columns") -> "Floats":
        """Return the vectors of all groups beside each other, of unit length together."""
        import numpy as np

        vectors = [one.vectors(own_columns(p, features)) for p, one in self._apart()]
        joined = vectors[0] if len(vectors) == 1 else np.concatenate(vectors, axis=1)
        lengths = np.linalg.norm(joined, axis=1, keepdims=True)
        unit: Floats = joined / np.where(lengths > 0, lengths, 1)
        return unit

    def missing(self, labels: Sequence[Labels], least: int) -> str:
        """Return why no control can be learnt yet; empty once one can."""
        reasons = [
            f"{name!r}: {one.missing([label[name] for label in labels if name in label], least)}"
            for name, one in self.controls
        ]
        is_ready = any(reason.endswith(": ") for reason in reasons)
        return "" if is_ready else "; ".join(reasons)

    def fit(
        self,
        labels: Sequence[Labels],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn each control from the tasks that it was answered of; one that can't be is left."""
        from labelloop.recipes.several_controls.fitted import learnt

        return learnt(self, labels, features, pool, tools)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_controls.model import SeveralModel

        return SeveralModel.load(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the names that the controls know, None if no control knows enough of them."""
        known = [
            (prefix_of(n), one.known(own_names(prefix_of(n), names))) for n, one in self.controls
        ]
        if all(own is None for _, own in known):
            return None
        return tuple(name for prefix, own in known for name in named(prefix, own or ()))

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers of the controls that know enough of these names."""
        shown = {}
        for name, control in self.controls:
            prefix = prefix_of(name)
            own = own_answers(prefix, answers)
            known = control.known(own_names(prefix, names))
            if own is not None and known is not None:
                shown[prefix] = control.shown(own, known)
        return answers_beside(len(answers), shown)

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the results of all controls, of each task those that the page would show."""
        results: list[list[Region]] = [[] for _ in range(len(answers))]
        for name, control in self.controls:
            own = own_answers(prefix_of(name), answers)
            if own is not None:
                for result, regions in zip(results, control.results(own), strict=True):
                    result += regions
        return [self._visible(result) for result in results]

    def _visible(self, result: list["Region"]) -> list["Region"]:
        for name, conditions in self.hidden:  # in the order of the config
            if not all(condition.is_met(result) for condition in conditions):
                result = [region for region in result if region.get("from_name") != name]
        for _, control in self.controls:
            if isinstance(control, RegionAnswers):
                result = control.without_lost(result)
        return result

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the largest results of all controls beside each other."""
        return [
            region
            for name, one in self.controls
            for region in one.largest(own_names(prefix_of(name), names))
        ]


def _stays(one: "tuple[str, Control]", names: Collection[str]) -> bool:
    name, control = one
    if isinstance(control, RegionAnswers) and control.spans.from_name not in names:
        return False
    return name in names


def _prefix_of(control: "Control") -> str:
    """Return the prefix of what a control sees: by what it is, as controls come, go and move."""
    seen = f"{control.recipe} {format_of(control.recipe)} {control.sees}"
    return f"{sha256(seen.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}:"
