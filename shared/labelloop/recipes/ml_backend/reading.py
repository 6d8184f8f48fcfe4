"""What regions of any control say: labels, their parts, and how alike two labels are.

Loaded by a function without numpy.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

type Region = dict[str, Any]

_KEPT: Final = ("from_name", "to_name", "type", "value")
# Where a region lies: that two people, or models, mean the same does not depend on a pixel.
_PLACES: Final = frozenset(
    {
        *("x", "y", "width", "height", "rotation", "radiusX", "radiusY", "points", "closed"),
        *("rle", "format", "vertices", "sequence", "framesCount", "duration", "brushDataUrl"),
        *("startOffset", "endOffset", "globalOffsets", "keypointlabel", "channel"),
    }
)


def label_of(result: Any, controls: Mapping[str, Collection[str]]) -> list[Region] | None:
    """Return the regions of some controls, without ids, in a fixed order; None for no region.

    `controls`: what each offers; a region of other parts alone is left out.
    """
    kept = [
        {name: one[name] for name in _KEPT if name in one}
        for one in (result if isinstance(result, list) else ())
        if isinstance(one, dict) and _is_of(one, controls)
    ]
    return sorted(kept, key=lambda one: json.dumps(one, sort_keys=True)) or None


def _is_of(region: Region, controls: Mapping[str, Collection[str]]) -> bool:
    name, value = region.get("from_name"), region.get("value")
    if not isinstance(name, str) or name not in controls or not isinstance(value, Mapping):
        return False
    if not isinstance(region.get("type"), str) or not value:
        return False
    offered, parts = controls[name], parts_of([region])
    return not offered or bool(parts & set(offered))


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


def said(label: Sequence[Region] | None) -> Counter[str]:
    """Return what a label says: each part of each region, without where it lies in an image."""
    return Counter(line for region in label or () for line in _lines(region))


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
