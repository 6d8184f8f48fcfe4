"""The part of a `recipes.protocol.Control` that is the same for all that people say of a text.

Whatever needs numpy is imported late: a function without it reads label configs, too.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from labelloop.recipes.text import seen
from labelloop.recipes.text.objects import TextInput

if TYPE_CHECKING:
    from labelloop.domain.answers import Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Tools
    from labelloop.recipes.text.bags import Features


class SeenText:
    """What a control does whose inputs are texts: see `recipes.text.seen`."""

    __slots__ = ()

    def work(self, input_: str) -> int:
        """Return the cost of a text."""
        return seen.work(input_)

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


class TextControl(SeenText):
    """A control about a text. `text`: what it reads of tasks; `others`: controls not learnt."""

    __slots__ = ()

    from_name: str
    text: TextInput
    others: tuple[str, ...]

    @property
    def sees(self) -> str:
        """What is read of tasks: a field, or a template of fields."""
        return self.text.key

    def input_of(self, data: Any) -> str | None:
        """Return the text of a task's data, None if there is nothing to read."""
        return self.text.of(data)

    def _about(self, labels: Sequence[str]) -> dict[str, Any]:
        """Return what people are shown of it, with the labels that it offers."""
        return {
            "choice": self.from_name,
            "text": self.text.value,
            "labels": list(labels),
            "others": list(self.others),
        }

    def _unread(self, is_readable: bool) -> tuple[str, str]:
        """Return why an annotation with a label can't be learnt: its task has no text."""
        return ("", "") if is_readable else (f"on tasks without a text under {self.text.value}", "")


def landmarks_of(pool: "Columns | None", most: int = seen.LANDMARKS) -> "Features | None":
    """Return the first of the pool's texts, which a model learns from, too; None without a pool."""
    from labelloop.recipes.text.bags import Features

    return None if pool is None else Features.of(pool.take(range(min(len(pool), most))))
