"""Several choices at once about a text: what `<Choices choice="multiple">` means for the loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.recipes.several_choices import NAME
from labelloop.recipes.several_choices.boxes import Boxes
from labelloop.recipes.text.control import TextControl, landmarks_of
from labelloop.recipes.text.objects import TextInput

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools
    from labelloop.recipes.several_choices.measure import SeveralMeasure

type Labels = list[str]


@dataclass(frozen=True, slots=True)
class SeveralChoices(TextControl):
    """A choice of several: its name, the text it is about, and the boxes it offers.

    A label is the list of ticked boxes, in the config's order; it may be empty. `may_be_empty`:
    whether an annotation that was submitted with nothing at all says that no box applies. `others`
    and `is_pushable`: as of `TextChoices`. See `recipes.protocol.Control`.
    """

    from_name: str
    to_name: str
    text: TextInput
    boxes: Boxes
    others: tuple[str, ...] = ()
    is_pushable: bool = True
    may_be_empty: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def asks(self) -> str:
        """Any of several choices, by the control's name."""
        return f"choices {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """The labels that are offered, in the order of the config."""
        return self.boxes.labels

    @property
    def measure(self) -> "SeveralMeasure":
        """How its answers are compared."""
        from labelloop.recipes.several_choices.measure import MEASURE

        return MEASURE

    @property
    def law(self) -> None:
        """No saving is claimed."""
        return

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return self._about(self.offered)

    # -- what is read of tasks and annotations -----------------------------------------------

    def label_of(self, result: list["Region"]) -> Labels | None:
        """Return the labels of an annotation's result, None if it says nothing of them.

        No box ticked is said by a region with an empty list, which the editor keeps of a
        suggestion, or by an annotation without any region. With regions of other controls alone it
        may be from before this one was in the config, and says nothing.
        """
        ticked = self._ticked(result)
        return None if ticked is None else self.boxes.label_of(ticked)

    def _ticked(self, result: list["Region"]) -> list[Any] | None:
        """Return the boxes that an annotation's result ticks, None if it says nothing of them.

        Of several regions of one control the editor shows the last.
        """
        if not result:
            return [] if self.may_be_empty else None
        for region in reversed(result):
            value = region.get("value")
            choices = value.get("choices") if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and isinstance(choices, list | str):
                return choices if isinstance(choices, list) else [choices]
        return None

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and what it ticked that is not offered."""
        ticked = self._ticked(result)
        if ticked is None:
            return f"without an answer to {self.from_name!r}", ""
        if self.boxes.label_of(ticked) is None:
            return "with choices that the label config doesn't offer", str(ticked[0])[:40]
        return self._unread(is_readable)

    def parts(self, label: Labels) -> tuple[str, ...]:
        """Return the ticked boxes."""
        return tuple(label)

    # -- learning ------------------------------------------------------------------------------

    def missing(self, labels: Sequence[Labels], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or all the same."""
        kinds = len({tuple(label) for label in labels})
        if kinds >= 2 and len(labels) >= least:
            return ""
        number = f"{len(labels)} label" + ("" if len(labels) == 1 else "s")
        alike = ", all the same" if len(labels) > 1 and kinds == 1 else ""
        return (
            f"a model takes {least} usable labels, not all the same, and there are {number}{alike}"
        )

    def fit(
        self,
        labels: Sequence[Labels],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from texts, from those of the pool, and from the names of the boxes."""
        from labelloop.recipes.several_choices.fitted_model import FittedModel
        from labelloop.recipes.several_choices.marks import matrix_of
        from labelloop.recipes.text.bags import Features
        from labelloop.recipes.text.label_names import words_of

        encoder, names = tools.encoder if tools else "", None
        if tools and encoder:
            names = tools.vectors([words_of(name) for name in self.offered])
        others = landmarks_of(pool) if pool is not None and len(pool) else None
        given = matrix_of(labels, self.offered)
        return FittedModel(Features.of(features), given, self.offered, others, names, encoder)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_choices.stored_model import StoredModel

        return StoredModel.of(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the labels of a version that are offered, None if none is."""
        return tuple(name for name in names if name in self.offered) or None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers about the labels that are offered."""
        return self.measure.aligned(answers, names)

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the boxes to tick for each text, maybe none, and how right they may be."""
        labels = self.measure.labels(answers)
        scores = self.measure.reading(answers).confidence.tolist()
        return [[self._region(*each)] for each in zip(labels, scores, strict=True)]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the result that ticks all boxes."""
        return [self._region(list(names), 1 / 3)]

    def _region(self, labels: Labels, confidence: float) -> "Region":
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "choices",
            "value": {"choices": self.boxes.value_of(labels)},
            "score": confidence,
        }
