"""What a config means whose answers nobody learns: texts to tell tasks apart by, and no more."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.recipes.order_alone import NAME
from labelloop.recipes.order_alone.unlearnt import Unlearnt
from labelloop.recipes.text.control import SeenText
from labelloop.recipes.text.objects import TextObject

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Region


@dataclass(frozen=True, slots=True)
class OrderAlone(SeenText, Unlearnt):
    """The controls of a config, none of which is learnt, and the texts that it shows."""

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

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it: no control is learnt."""
        return self._about(" + ".join(one.value.value for one in self.objects))

    def input_of(self, data: Any) -> str | None:
        """Return the texts of a task below each other, None if it has none."""
        return text_of(self.objects, data)

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation says nothing about the order."""
        return self._why_unusable(result, is_readable, "a text")


def text_of(objects: tuple[TextObject, ...], data: Any) -> str | None:
    """Return the texts of a task below each other, None if it has none."""
    texts = [text for one in objects if (text := one.of(data)) is not None]
    return "\n".join(texts) if texts else None
