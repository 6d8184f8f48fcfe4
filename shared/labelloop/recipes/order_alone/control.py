"""What a config means whose answers nobody learns: texts to tell tasks apart by, and no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.order_alone import NAME, NEVER
from labelloop.recipes.text.control import SeenText
from labelloop.recipes.text.objects import TextObject

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.recipes.order_alone.measure import NoMeasure
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools


@dataclass(frozen=True, slots=True)
class OrderAlone(SeenText):
    """All controls of a config, none of which is learnt, and the texts that it shows.

    A label is the names of the controls that were answered: it says that a task is labelled, so
    that the next ones are unlike it. See `recipes.protocol.Control`.
    """

    objects: tuple[TextObject, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    is_pushable: bool = True
    law: None = None

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: all texts that are shown."""
        return "\n".join(one.key for one in self.objects)

    @property
    def asks(self) -> str:
        """Nothing that is learnt."""
        return "nothing"

    @property
    def offered(self) -> tuple[str, ...]:
        """Return nothing: what answers say is not learnt."""
        return ()

    @property
    def measure(self) -> "NoMeasure":
        """How answers are compared: there are none."""
        from labelloop.recipes.order_alone.measure import NoMeasure

        return NoMeasure()

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it: no control is learnt."""
        text = " + ".join(one.value.value for one in self.objects)
        return {"choice": "", "text": text, "labels": [], "others": list(self.titles)}

    def input_of(self, data: Any) -> str | None:
        """Return the texts of a task below each other, None if it has none."""
        texts = [text for one in self.objects if (text := one.of(data)) is not None]
        return "\n".join(texts) if texts else None

    def label_of(self, result: list["Region"]) -> list[str] | None:
        """Return the names of the controls that were answered, None if none was."""
        answered = {one.get("from_name") for one in result if _says_something(one)}
        return [name for name in dict.fromkeys(self.names) if name in answered] or None

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation says nothing about the order."""
        if self.label_of(result) is None:
            return "without an answer to any control", ""
        return ("", "") if is_readable else ("on tasks without a text", "")

    def parts(self, label: list[str]) -> tuple[str, ...]:
        """Return nothing: what answers say is not learnt."""
        return ()

    def missing(self, labels: Sequence[list[str]], least: int) -> str:
        """Return that nothing is predicted, however many labels there are."""
        return NEVER

    def fit(
        self,
        labels: Sequence[list[str]],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Raise Unprocessable: nothing is learnt."""
        raise Unprocessable(NEVER)

    def load(self, artefact: bytes) -> "Model":
        """Raise BadModel: there are no models of this kind."""
        raise BadModel(NEVER)

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return None: there are no answers to show."""
        return None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers."""
        return answers

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return empty results."""
        return [[] for _ in range(len(answers))]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return an empty result."""
        return []


def _says_something(region: "Region") -> bool:
    value = region.get("value")
    is_named = isinstance(region.get("from_name"), str)
    return is_named and isinstance(value, Mapping) and bool(value)
