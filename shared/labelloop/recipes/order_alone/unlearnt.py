"""The part of a control that is the same for all whose answers nobody learns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.order_alone import NEVER

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.recipes.order_alone.measure import NoMeasure
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools


class Unlearnt:
    """All controls of a config, by name, none of which is learnt. `titles`: theirs, for people.

    A label is the names of the controls that were answered: it says that a task is labelled, so
    that the next ones are unlike it. See `recipes.protocol.Control`.
    """

    __slots__ = ()

    names: tuple[str, ...]
    titles: tuple[str, ...]

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

    def _about(self, what: str) -> dict[str, Any]:
        return {"choice": "", "text": what, "labels": [], "others": list(self.titles)}

    def label_of(self, result: list["Region"]) -> list[str] | None:
        """Return the names of the controls that were answered, None if none was."""
        answered = {one.get("from_name") for one in result if _says_something(one)}
        return [name for name in dict.fromkeys(self.names) if name in answered] or None

    def _why_unusable(
        self, result: list["Region"], is_readable: bool, without: str
    ) -> tuple[str, str]:
        if self.label_of(result) is None:
            return "without an answer to any control", ""
        return ("", "") if is_readable else (f"on tasks without {without}", "")

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
