"""Which controls the page hides: until another is answered, or but for regions of some labels."""

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


@dataclass(frozen=True, slots=True)
class RegionCondition:
    """A control is asked only of regions by a control, any if empty, with one of some labels."""

    control: str
    labels: tuple[str, ...]

    def is_met(self, region: Mapping[str, Any]) -> bool:
        """Say whether a region meets it."""
        value = region.get("value")
        labels = value.get(region.get("type")) if isinstance(value, Mapping) else None
        has_one = isinstance(labels, list) and any(one in labels for one in self.labels)
        is_its = self.control in ("", region.get("from_name"))
        return is_its and (has_one or not self.labels)


@lru_cache(maxsize=16)
def region_conditions(config: LabelConfig) -> Mapping[str, tuple[RegionCondition, ...]]:
    """Return of which regions each control that is asked of regions is asked, by its name."""
    return dict(_of_regions(config.root, ()))


def _of_regions(
    tag: Tag, above: tuple[RegionCondition, ...]
) -> Iterator[tuple[str, tuple[RegionCondition, ...]]]:
    fields = tag.attributes
    when, is_of = fields.get("visiblewhen", ""), tag.asked_of == "region"
    if when == "region-selected" or (is_of and not when):
        labels = tuple(one for one in fields.get("whenlabelvalue", "").split(",") if one)
        if labels or fields.get("whentagname"):
            above = (*above, RegionCondition(fields.get("whentagname", ""), labels))
    if is_of and (name := fields.get("name")):
        yield name, above
    for child in tag.children:
        yield from _of_regions(child, above)


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
