"""Which of two texts: what `<Pairwise>` means for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labelloop.recipes.pairs import NAME
from labelloop.recipes.pairs.question import opposite_of
from labelloop.recipes.text import seen
from labelloop.recipes.text.objects import TextInput, TextObject

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools
    from labelloop.recipes.text_choices.measure import ChoiceMeasure

SIDES: Final = ("left", "right")  # as Label Studio saves them, whatever leftChoiceValue says


@dataclass(frozen=True, slots=True)
class Pairs:
    """A comparison: its name, the two texts it is about, and what is shown beside them.

    `to_name`: the first text's name, which Label Studio's import takes and its editor shows; the
    editor itself saves the control's own name. `beside`: the prompt that both texts answer, say,
    None if there is nothing; `question`: a heading that is the same for all tasks, empty if it
    compares nothing. See `recipes.protocol.Control`; what needs numpy is imported late.
    """

    from_name: str
    to_name: str
    sides: tuple[TextObject, TextObject]
    beside: TextInput | None = None
    question: str = ""
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: two fields, and what is beside them."""
        keys = [side.key for side in self.sides]
        return "\n".join([*keys, self.beside.key] if self.beside else keys)

    @property
    def asks(self) -> str:
        """A side, by the control's name."""
        return f"pairwise {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """Both sides."""
        return SIDES

    @property
    def measure(self) -> "ChoiceMeasure":
        """How its answers are compared: as choices of two."""
        from labelloop.recipes.text_choices.measure import MEASURE

        return MEASURE

    @property
    def law(self) -> None:
        """No saving is claimed."""
        return

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        shown = [side.value.value for side in self.sides]
        return {
            "choice": self.from_name,
            "text": " + ".join([*shown, self.beside.value] if self.beside else shown),
            "labels": list(SIDES),
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return both texts and what is beside them, None if either text is missing."""
        texts = [side.of(data) for side in self.sides]
        if None in texts:
            return None
        return {"texts": texts, "beside": (self.beside.of(data) if self.beside else None) or ""}

    def work(self, input_: dict[str, Any]) -> int:
        """Return the cost of all texts."""
        return sum(map(seen.work, [*input_["texts"], input_["beside"]]))

    def label_of(self, result: list["Region"]) -> str | None:
        """Return the side that an annotation's result chooses, None if none.

        By the control's name alone: `to_name` is the control's own name where people chose by hand,
        a text's where they accepted a prediction. Of several regions the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            side = value.get("selected") if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and side in SIDES:
                return str(side)
        return None

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and an example."""
        if self.label_of(result) is None:
            return f"without an answer to {self.from_name!r}", ""
        where = " and ".join(side.value.value for side in self.sides)
        return ("", "") if is_readable else (f"on tasks without texts under {where}", "")

    def parts(self, label: str) -> tuple[str, ...]:
        """Return the side."""
        return (label,)

    # -- learning ------------------------------------------------------------------------------

    def features(
        self,
        inputs: Sequence[dict[str, Any]],
        tools: "Tools",
        only: Collection[str] | None = None,
    ) -> "Columns":
        """Return the terms, traits and vectors of both texts, and a vector of the pair."""
        from labelloop.recipes.compared import items
        from labelloop.recipes.pairs.model import joint

        texts, beside = [one["texts"] for one in inputs], [one["beside"] for one in inputs]
        return items.features(texts, beside, tools, only, joint)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the vectors of pairs, or the bags where there is no encoder."""
        from labelloop.recipes.compared import items

        return items.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return the vectors of pairs."""
        from labelloop.recipes.compared import items
        from labelloop.recipes.pairs.model import joint

        return items.vectors_of(features, joint)

    def missing(self, labels: Sequence[str], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels. One side alone will do."""
        least = max(least, 2)
        if len(labels) >= least:
            return ""
        return f"a model takes {least} usable labels, and there are {len(labels)}"

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from pairs; from those of the pool how common terms are; from the question."""
        from labelloop.recipes.pairs.fitted import FittedPairs

        encoder, hint = tools.encoder if tools else "", None
        if tools and encoder and self.question:
            towards, away = tools.vectors([self.question, opposite_of(self.question)])
            hint = towards - away
        return FittedPairs(labels, features, pool, hint, encoder)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.pairs.model import StoredPairs

        return StoredPairs(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return both sides: every config has them."""
        return tuple(names)

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers."""
        return answers

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the likelier side of each pair, with its probability."""
        from labelloop.recipes.text.probabilities import probabilities_of

        sides = self.measure.labels(answers)
        scores = probabilities_of(answers).max(axis=1, initial=0.0).tolist()
        return [[self._region(*each)] for each in zip(sides, scores, strict=True)]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the largest of the results."""
        return [self._region("right", 1 / 3)]

    def _region(self, side: str, confidence: float) -> "Region":
        """Return the region that shows a side in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "pairwise",
            "value": {"selected": side},
            "score": confidence,
        }
