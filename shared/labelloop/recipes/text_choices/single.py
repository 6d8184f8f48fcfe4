"""A single choice of several, whatever it is about: labels, and what is shown of answers.

Whatever needs numpy is imported late: a function without it reads label configs, too.
"""

from collections.abc import Mapping, Sequence
from json import dumps
from typing import TYPE_CHECKING, Any

from labelloop.recipes.text_choices.offered import Offered

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers
    from labelloop.recipes.protocol import Region
    from labelloop.recipes.text_choices.measure import ChoiceMeasure


class SingleChoice:
    """The part of a `recipes.protocol.Control` that is the same for choices about anything.

    `from_name`: the control's name, `to_name`: that of the object it is about, `choices`: what it
    offers.
    """

    __slots__ = ()

    from_name: str
    to_name: str
    choices: Offered

    @property
    def asks(self) -> str:
        """One of several choices, by the control's name."""
        return f"choice {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """The labels that are offered, in the order of the config."""
        return self.choices.labels

    @property
    def measure(self) -> "ChoiceMeasure":
        """How its answers are compared."""
        from labelloop.recipes.text_choices.measure import MEASURE

        return MEASURE

    # -- what is read of annotations -----------------------------------------------------------

    def label_of(self, result: list["Region"]) -> str | None:
        """Return the label that an annotation's result gives, None if none that is offered."""
        choices = self._chosen(result)
        return None if choices is None else self.choices.label_of(choices)

    def _chosen(self, result: list["Region"]) -> Any:
        """Return what an annotation's result chooses, as it is written there; None if nothing.

        Of several regions of one control the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            choices = value.get("choices") if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and choices:
                return choices
        return None

    def why_no_label(self, result: list["Region"]) -> tuple[str, str]:
        """Return why a result gives no label, and what it chose where that is not offered."""
        choices = self._chosen(result)
        if choices is None:
            return f"without an answer to {self.from_name!r}", ""
        if self.choices.label_of(choices) is None:
            return "with a choice that the label config doesn't offer", _named(choices)
        return "", ""

    def parts(self, label: str) -> tuple[str, ...]:
        """Return the label: it is one of the choices."""
        return (label,)

    def missing(self, labels: Sequence[str], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or of one class."""
        classes = len(set(labels))
        if classes >= 2 and len(labels) >= least:
            return ""
        number = f"{len(labels)} label" + ("" if len(labels) == 1 else "s")
        kinds = f"{classes} class" + ("" if classes == 1 else "es")
        return (
            f"a model takes {least} usable labels of 2 classes or more, and there are {number} "
            f"of {kinds}"
        )

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the classes of a version that are offered, None if fewer than two are."""
        offered = tuple(name for name in names if name in self.choices.labels)
        return offered if len(offered) >= 2 else None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the probabilities of the classes that are offered, scaled to sum to 1."""
        from labelloop.recipes.text.probabilities import offered_only

        return offered_only(answers, names)

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the likeliest choice for each text, with its probability."""
        from labelloop.recipes.text.probabilities import probabilities_of

        probabilities = probabilities_of(answers)
        best, highest = probabilities.argmax(axis=1).tolist(), probabilities.max(axis=1).tolist()
        labels = [answers.names[code] for code in best]
        return [[self._region(*each)] for each in zip(labels, highest, strict=True)]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the largest of the results that answers of these names give."""
        regions = [self._region(name, 1 / 3) for name in names or ("",)]
        return [max(regions, key=lambda region: len(dumps(region)))]

    def _region(self, label: str, confidence: float) -> "Region":
        """Return the region that shows a label in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "choices",
            "value": {"choices": self.choices.value_of(label)},
            "score": confidence,
        }


def _named(choices: Any) -> str:
    """Return choices as messages name them."""
    first = choices[0] if isinstance(choices, list) and choices else choices
    return " / ".join(map(str, first)) if isinstance(first, list) else str(first)[:40]
