"""One choice of several about a text: what `<Choices>` on `<Text>` means for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any

from labelloop.recipes.text import seen
from labelloop.recipes.text.objects import TextInput
from labelloop.recipes.text_choices import NAME
from labelloop.recipes.text_choices.offered import Offered

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.domain.judging.savings import Law
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools
    from labelloop.recipes.text_choices.measure import ChoiceMeasure


@dataclass(frozen=True, slots=True)
class TextChoices:
    """A single-choice control: its name, the text it is about, and the choices it offers.

    `others`: controls of the config that are not learnt; `is_pushable`: whether Label Studio's
    import of predictions accepts its results; answers to /predict have them in any case;
    `most_landmarks`: how many texts of the pool are learnt from.
    See `recipes.protocol.Control`. What needs numpy is imported late: a function without it reads
    label configs, too.
    """

    from_name: str
    to_name: str
    text: TextInput
    choices: Offered
    others: tuple[str, ...] = ()
    is_pushable: bool = True
    most_landmarks: int = seen.LANDMARKS

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: a field, or a template of fields."""
        return self.text.key

    @property
    def offered(self) -> tuple[str, ...]:
        """The labels that are offered, in the order of the config."""
        return self.choices.labels

    @property
    def measure(self) -> "ChoiceMeasure":
        """How its answers are compared."""
        from labelloop.recipes.text_choices.measure import MEASURE

        return MEASURE

    @property
    def law(self) -> "Law":
        """What an active order saves by the error: fitted to simulated projects on real texts."""
        from labelloop.domain.judging.savings import Law

        return Law(at_one=-0.26, per_log_error=-0.45, per_log_labels=0.14, spread=0.5)

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return {
            "choice": self.from_name,
            "text": self.text.value,
            "labels": list(self.offered),
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> str | None:
        """Return the text of a task's data, None if there is nothing to read."""
        return self.text.of(data)

    def work(self, input_: str) -> int:
        """Return the cost of a text."""
        return seen.work(input_)

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

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and what it chose where that is not offered."""
        choices = self._chosen(result)
        if choices is None:
            return f"without an answer to {self.from_name!r}", ""
        if self.choices.label_of(choices) is None:
            return "with a choice that the label config doesn't offer", _named(choices)
        return ("", "") if is_readable else (f"on tasks without a text under {self.text.value}", "")

    def parts(self, label: str) -> tuple[str, ...]:
        """Return the label: it is one of the choices."""
        return (label,)

    # -- learning ------------------------------------------------------------------------------

    def features(
        self, inputs: Sequence[str], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return bags of terms and, where there is an encoder, vectors."""
        return seen.features(inputs, tools, only)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the encoder's vectors, or the bags where there is none."""
        return seen.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return the encoder's vectors, or sketches of the bags where there are none."""
        return seen.vectors(features)

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

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from texts, from those of the pool, and from the names of the choices."""
        from labelloop.recipes.text.bags import Features
        from labelloop.recipes.text.fitted_model import FittedModel
        from labelloop.recipes.text.label_names import words_of

        encoder, names = tools.encoder if tools else "", {}
        if tools and encoder:
            vectors = tools.vectors([words_of(name) for name in self.offered])
            names = dict(zip(self.offered, vectors, strict=True))
        landmarks = None
        if pool is not None:
            landmarks = Features.of(pool.take(range(min(len(pool), self.most_landmarks))))
        return FittedModel(Features.of(features), labels, landmarks, names, encoder)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.text.onnx_model import OnnxModel

        return OnnxModel(artefact)

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
