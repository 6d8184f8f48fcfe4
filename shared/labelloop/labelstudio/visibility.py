"""Which controls the page hides until another one is answered in a certain way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labelloop.labelstudio.label_config import LabelConfig, Tag


@dataclass(frozen=True, slots=True)
class Condition:
    """A control is shown only while one of some choices of another is chosen; empty: any choice."""

    other: str
    choices: tuple[str, ...]

    def is_met(self, regions: Sequence[Mapping[str, Any]]) -> bool:
        """Say whether regions of one result meet it; of two answers the last counts."""
        values = [one.get("value") for one in regions if one.get("from_name") == self.other]
        chosen = values[-1].get("choices") if values and isinstance(values[-1], Mapping) else None
        if not isinstance(chosen, list) or not chosen:
            return False
        return not self.choices or any(choice in chosen for choice in self.choices)


@lru_cache(maxsize=16)
def conditions(config: LabelConfig) -> Mapping[str, tuple[Condition, ...]]:
    """Return the conditions of each control that has some, by its name."""
    return dict(_conditions(config.root, ()))


def _conditions(
    tag: Tag, above: tuple[Condition, ...]
) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    fields = tag.attributes
    if fields.get("visiblewhen") == "choice-selected":
        choices = tuple(one for one in fields.get("whenchoicevalue", "").split(",") if one)
        above = (*above, Condition(fields.get("whentagname", ""), choices))
    if above and (name := fields.get("name")):
        yield name, above
    for child in tag.children:
        yield from _conditions(child, above)
