"""What regions of any control say: labels, their parts, and how alike two labels are.

Loaded by a function without numpy.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

type Region = dict[str, Any]
type Label = str | list[Region]

_KEPT: Final = ("from_name", "to_name", "type", "value")
# Where a region lies: that two people, or models, mean the same does not depend on a pixel.
_PLACES: Final = frozenset(
    {
        *("x", "y", "width", "height", "rotation", "radiusX", "radiusY", "points", "closed"),
        *("rle", "format", "vertices", "sequence", "framesCount", "duration", "brushDataUrl"),
        *("startOffset", "endOffset", "globalOffsets", "keypointlabel", "channel"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One control: its name, its tag, what it is about, and what it offers.

    `is_dynamic`: whether a task's own data says what it offers.
    """

    name: str
    tag: str
    about: str
    offers: tuple[str, ...]
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the labels of some controls.

    A label is a choice, where there is one control and that was picked alone; else the regions
    of the controls, without ids, in a fixed order.
    """

    asked: tuple[Asked, ...]

    def label_of(self, result: Any) -> Label | None:
        """Return what a result says, None if it says nothing of these controls."""
        kept = [
            {name: one[name] for name in _KEPT if name in one}
            for one in (result if isinstance(result, list) else ())
            if isinstance(one, dict) and self._is_of(one)
        ]
        regions = sorted(kept, key=lambda one: json.dumps(one, sort_keys=True))
        choice = next(iter(parts_of(regions)), "")
        return choice if choice and regions == self.regions_of(choice) else regions or None

    def regions_of(self, label: Label | None) -> list[Region]:
        """Return a label's regions."""
        if not isinstance(label, str):
            return list(label or ())
        if len(self.asked) != 1:
            return []
        (one,) = self.asked
        region = {"from_name": one.name, "to_name": one.about, "type": one.tag.lower()}
        return [region | {"value": {"choices": [label]}}]

    def parts_of(self, label: Label | None) -> set[str]:
        """Return the parts that a label names."""
        return parts_of(self.regions_of(label))

    def said(self, label: Label | None) -> Counter[str]:
        """Return what a label says: each part of each region, without where it lies in an image."""
        return Counter(line for region in self.regions_of(label) for line in _lines(region))

    def _is_of(self, region: Region) -> bool:
        value = region.get("value")
        asked = next((one for one in self.asked if one.name == region.get("from_name")), None)
        if asked is None or not isinstance(value, Mapping) or not value:
            return False
        is_typed, parts = isinstance(region.get("type"), str), parts_of([region])
        return is_typed and (not asked.offers or bool(parts & set(asked.offers)))


def parts_of(result: Sequence[Region]) -> set[str]:
    """Return the choices, labels and ends of paths that regions name."""
    return {part for region in result for part in _parts(region)}


def _parts(region: Region) -> Iterator[str]:
    value = region.get("value")
    said = value.get(str(region.get("type"))) if isinstance(value, Mapping) else None
    for one in said if isinstance(said, list) else ():
        last = one[-1] if isinstance(one, list) and one else one
        if isinstance(last, str):
            yield last


def _lines(region: Region) -> Iterator[str]:
    kind, value = str(region.get("type")), region.get("value")
    fields = dict(value) if isinstance(value, Mapping) else {}
    parts = fields.pop(kind, None)
    kept = {name: one for name, one in fields.items() if name not in _PLACES}
    if "start" in kept:
        kept.pop("text", None)
    for part in parts if isinstance(parts, list) else [parts]:
        yield json.dumps([region.get("from_name"), kind, kept, part], sort_keys=True)


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return how alike two labels are, 0 to 1 (Dice 1945); 1 for two that say nothing."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def only(result: Sequence[Region], names: Collection[str]) -> list[Region]:
    """Return regions without the parts that have another name, and without those left empty."""
    kept = []
    for region in result:
        parts = parts_of([region])
        if parts <= set(names):
            kept.append(region)
        elif parts & set(names):
            kept.append(_without(region, parts - set(names)))
    return kept


def _without(region: Region, gone: Collection[str]) -> Region:
    kind, value = region["type"], region["value"]
    parts = [one for one in value[kind] if (one[-1] if isinstance(one, list) else one) not in gone]
    return region | {"value": value | {kind: parts}}
