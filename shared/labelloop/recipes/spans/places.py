"""Where a span starts and ends, as Label Studio writes it and as one number.

A place is one number, so that labels can be read without the task's data, and compared:

Text        code points, as in Python
HyperText   code points of all text nodes, in their order
Paragraphs  the number of the phrase times `PHRASE`, plus UTF-16 units within it

Label Studio itself never checks places that it is given, nor the `text` beside them.
"""

from collections.abc import Mapping
from typing import Any, Final

type Span = tuple[int, int]

PHRASE: Final = 1 << 20  # UTF-16 units: more than a phrase that anybody reads has
_MOST: Final = 1 << 50
KINDS: Final = {"text": "labels", "hypertext": "hypertextlabels", "paragraphs": "paragraphlabels"}


def span_of(kind: str, value: Mapping[str, Any]) -> Span | None:
    """Return the places of a region's value, None if it has none that can be read.

    `kind`: of the object. What starts before the text is clipped; empty and reversed spans, which
    the editor stores and never shows, are none. An xpath alone tells nothing without the page: the
    editor writes `globalOffsets` beside it.
    """
    read = {"hypertext": _on_page, "paragraphs": _in_phrases}.get(kind, _in_text)
    start, end = read(value)
    if start is None or end is None:
        return None
    start = max(start, 0)
    return (start, end) if start < end < _MOST else None


def id_of(start: int, end: int) -> str:
    """Return the id of the region that shows a span: what is said of it is shown by the same."""
    return f"span-{start}-{end}"


def value_of(kind: str, start: int, end: int) -> dict[str, Any]:
    """Return the value of a region that shows a span, without its label.

    Phrases are named by texts: numbers there show nothing, and lose the span when it is accepted.
    """
    if kind != "paragraphs":
        return {"start": start, "end": end}
    first, offset = divmod(start, PHRASE)
    last, end_offset = divmod(end, PHRASE)
    places = {"start": str(first), "end": str(last)}
    return places | {"startOffset": offset, "endOffset": end_offset}


def _in_text(value: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return _whole(value.get("start")), _whole(value.get("end"))


def _on_page(value: Mapping[str, Any]) -> tuple[int | None, int | None]:
    offsets = value.get("globalOffsets")
    return _in_text(offsets if isinstance(offsets, Mapping) else value)


def _in_phrases(value: Mapping[str, Any]) -> tuple[int | None, int | None]:
    places = []
    for phrase, offset in (("start", "startOffset"), ("end", "endOffset")):
        number, within = _whole(value.get(phrase)), _whole(value.get(offset))
        is_one = number is not None and within is not None and number >= 0
        is_one = is_one and 0 <= (within or 0) < PHRASE
        places.append((number or 0) * PHRASE + (within or 0) if is_one else None)
    return places[0], places[1]


def _whole(number: Any) -> int | None:
    """Return a whole number; the editor also takes 5.0 and "5" for it."""
    if isinstance(number, str):
        digits = number.removeprefix("-")
        is_one = digits.isascii() and digits.isdecimal() and len(digits) < 16
        return int(number) if is_one else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return int(number) if abs(number) < _MOST and number == int(number) else None
