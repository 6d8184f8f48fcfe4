"""A number about a text: what `<Rating>` and `<Number>` mean for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.recipes.numbers import NAME
from labelloop.recipes.numbers.scale import Scale
from labelloop.recipes.text import seen
from labelloop.recipes.text.control import TextControl
from labelloop.recipes.text.objects import TextInput

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.numbers.measure import NumberMeasure
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools


@dataclass(frozen=True, slots=True)
class NumberControl(TextControl):
    """A control that takes a number: its name, the text it is about, and its scale.

    `kind`: `rating` or `number`; `default`: what an editor saves that nobody touched; `others`:
    controls of the config that are not learnt; `is_pushable`: whether Label Studio's import of
    predictions accepts its results. See `recipes.protocol.Control`. What needs numpy is imported
    late: a function without it reads label configs, too.
    """

    from_name: str
    to_name: str
    kind: str
    scale: Scale
    default: float | None
    text: TextInput
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def asks(self) -> str:
        """A number, by the control's name, and its range: models answer by shares of it."""
        return f"{self.kind} {self.from_name!r} from {self.scale.text}"

    @property
    def offered(self) -> tuple[str, ...]:
        """Nothing: a number has no parts."""
        return ()

    @property
    def measure(self) -> "NumberMeasure":
        """How its answers are compared."""
        from labelloop.recipes.numbers.measure import measure_of

        return measure_of(self.scale)

    @property
    def law(self) -> None:
        """No saving is claimed: no law was fitted to projects of numbers."""
        return

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it; its range stands for labels."""
        return self._about([self.scale.text])

    # -- what is read of tasks and annotations -----------------------------------------------

    def label_of(self, result: list["Region"]) -> float | None:
        """Return the number that an annotation's result gives, None if none within the range.

        A default that nobody touched is saved as any other answer, so it counts as one: it can't
        be told from the same number, meant, and without it the model would never learn that number.
        """
        return self.scale.read(self._given(result))

    def _given(self, result: list["Region"]) -> Any:
        """Return what an annotation's result has for the control; None if nothing.

        Of several regions of one control the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            given = value.get(self.kind) if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and given is not None:
                return given
        return None

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and its number where that is not in range."""
        given = self._given(result)
        if given is None or (self.kind == "rating" and given == 0):  # no star
            return f"without an answer to {self.from_name!r}", ""
        if self.scale.read(given) is None:
            return f"with a number that is not within {self.scale.text}", str(given)[:40]
        return self._unread(is_readable)

    def parts(self, label: float) -> tuple[str, ...]:
        """Return nothing: a number has no parts."""
        return ()

    # -- learning ------------------------------------------------------------------------------

    def features(
        self, inputs: Sequence[str], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return bags of terms, named numbers and, where there is an encoder, vectors."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.numbers.cells import CELLS, cells_of

        read = seen.features(inputs, tools, only)
        if only is not None and CELLS not in only:
            return read
        return Columns(len(inputs), {**read.blocks, CELLS: cells_of(inputs)})

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return named numbers, and the encoder's vectors, or the bags where there is none."""
        from labelloop.recipes.numbers.cells import CELLS

        return (CELLS, *seen.apart(encoder))

    def vectors(self, features: "Columns") -> "Floats":
        """Return named numbers if most texts have some, else vectors or sketches of the bags."""
        from labelloop.recipes.numbers.cells import told_apart

        by_numbers = told_apart(features)
        return seen.vectors(features) if by_numbers is None else by_numbers

    def missing(self, labels: Sequence[float], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or one number alone."""
        numbers = len(set(labels))
        if numbers >= 2 and len(labels) >= max(least, 3):
            return ""
        return (
            f"a model takes {max(least, 3)} usable labels, not all the same, and there are "
            f"{len(labels)}, {numbers} of them different"
        )

    def fit(
        self,
        labels: Sequence[float],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from texts, and from those of the pool."""
        from labelloop.recipes.numbers.fitted_model import FittedModel

        landmarks = None
        if pool is not None and len(pool):
            landmarks = pool.take(range(min(len(pool), seen.LANDMARKS)))
        shares = [self.scale.share(label) for label in labels]
        names, facts = (self.scale.text,), self._facts(labels)
        return FittedModel(features, shares, landmarks, tools, names, facts)

    def _facts(self, labels: Sequence[float]) -> dict[str, Any]:
        """Return what the card says of the labels: how many may be a default left untouched."""
        facts: dict[str, Any] = {"scale": [self.scale.low, self.scale.high, self.scale.step]}
        if self.default is not None:
            facts["labels_at_default"] = sum(label == self.default for label in labels)
        return facts

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.numbers.model import NumberModel

        return NumberModel.load(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the name of the scale that a model was trained on, None if it is another one.

        Answers are shares of it: after a change of the range they would mean other numbers.
        """
        return tuple(names) if tuple(names) == (self.scale.text,) else None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers: their numbers are brought into the range when they are shown."""
        return answers

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return each text's number, with how close it is expected to be."""
        measure = self.measure
        labels, confidence = measure.labels(answers), measure.reading(answers).confidence.tolist()
        return [[self._region(*each)] for each in zip(labels, confidence, strict=True)]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return a result with a number that has as many digits as any."""
        return [self._region(self.scale.low + self.scale.width / 3, 1 / 3)]

    def _region(self, number: float, confidence: float) -> "Region":
        """Return the region that shows a number in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": self.kind,
            "value": {self.kind: number},
            "score": confidence,
        }
