"""What the editor does wrong with regions that people mark: spans of texts, rectangles.

Measured on Label Studio 1.23.2. Offsets count code points in `<Text>` and in whole numbers of a
`<HyperText>`, but UTF-16 units in `<Paragraphs>` and beside an xpath.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.result_values import is_number, is_path
from labelloop.labelstudio.task_values import value_at

_NO_TBODY: Final = re.compile(r"/table\[\d+\]/tr\b")  # a browser puts a tbody between them


def check_labels(tag: Tag, value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the labels of a region by a control like `<Labels>`."""
    labels = value.get(tag.kind)
    if not is_path(labels):
        yield f"without {tag.kind} a region has no label"
        return
    fields = [one.attributes for one in tag.walk() if one.kind == "label"]
    offered = {each.get(name) for each in fields for name in ("alias", "value")}
    if unknown := [one for one in labels if one not in offered and "value" not in tag.attributes]:
        yield f"the label {unknown[0]!r} is not offered, yet is saved"


def check_place(tag: Tag, target: Tag, value: Mapping[str, Any], data: Any) -> Iterator[str]:
    """Yield what is wrong with the place of a region about an object."""
    is_there = target.attributes.get("valuetype") != "url"  # else the data has its address
    shown = value_at(data, target.attributes.get("value", "")) if is_there else None
    if tag.kind == "rectanglelabels":
        yield from _rectangle(value)
    elif target.kind == "paragraphs":
        yield from _in_dialogue(target, value, shown)
    elif target.kind == "hypertext":
        yield from _in_page(value)
    elif target.kind == "text":
        yield from _in_text(value, shown if isinstance(shown, str) else None)
    elif target.kind == "audio":
        yield from _in_order(value.get("start"), value.get("end"))


def _in_text(value: Mapping[str, Any], text: str | None) -> Iterator[str]:
    start, end = _whole(value.get("start")), _whole(value.get("end"))
    if start is None or end is None:
        yield "start and end are no whole numbers"
        return
    wrong = list(_in_order(start, end, len(text) if text is not None else None))
    yield from wrong
    if not wrong and text is not None:
        yield from _same(value.get("text"), text[start:end])


def _whole(value: Any) -> int | None:
    """Return an offset as the editor reads it: of `5`, `5.0` and `"5"`."""
    if is_number(value) and value == int(value):
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None


def _in_order(start: Any, end: Any, length: int | None = None) -> Iterator[str]:
    if not is_number(start) or not is_number(end):
        yield "start and end are no numbers"
    elif not 0 <= start < end:
        yield f"a region from {start} to {end} can't be seen, yet is saved"
    elif length is not None and end > length:
        yield f"a region ends at {end}, beyond the text's {length}"


def _same(said: Any, text: str) -> Iterator[str]:
    # The editor's own texts have a backslash and an n in place of a line's end.
    if isinstance(said, str) and said.replace("\\n", "\n").split() != text.split():
        yield f"its text {said!r} is another one than is marked, {text!r}"


def _in_page(value: Mapping[str, Any]) -> Iterator[str]:
    start, end, around = value.get("start"), value.get("end"), value.get("globalOffsets")
    if type(start) is int and type(end) is int:
        yield from _in_order(start, end)
    elif not isinstance(start, str) or not isinstance(end, str):
        yield "without start and end a region shows nothing and is saved without a place"
    elif not isinstance(around, Mapping):
        if _NO_TBODY.search(start) or _NO_TBODY.search(end):
            yield "an xpath to a row without its tbody marks nothing"
        if type(value.get("startOffset")) is not int or type(value.get("endOffset")) is not int:
            yield "an xpath without offsets marks nothing"


def _in_dialogue(target: Tag, value: Mapping[str, Any], phrases: Any) -> Iterator[str]:
    start, end = value.get("start"), value.get("end")
    first, last = value.get("startOffset"), value.get("endOffset")
    if not all(isinstance(one, str) and one.isascii() and one.isdecimal() for one in (start, end)):
        yield f"phrases {start!r} and {end!r} are no numbers as texts: the region shows nothing"
        return
    if type(first) is not int or type(last) is not int:
        yield "without offsets a region shows nothing and is saved without a place"
        return
    if int(str(start)) > int(str(end)) or (start == end and first >= last) or first < 0:
        yield f"a region from {first} in phrase {start} to {last} in phrase {end} can't be seen"
        return
    if isinstance(phrases, list):
        yield from _within(target, value, phrases)


def _within(target: Tag, value: Mapping[str, Any], phrases: list[Any]) -> Iterator[str]:
    start, end = int(value["start"]), int(value["end"])
    if end >= len(phrases):
        yield f"there is no phrase {end}"
        return
    key = target.attributes.get("textkey") or "text"
    text = phrases[end].get(key) if isinstance(phrases[end], Mapping) else None
    units = str(text or "").encode("utf-16-le", "surrogatepass")
    if value["endOffset"] * 2 > len(units):
        yield f"a region ends at {value['endOffset']}, beyond the phrase's {len(units) // 2}"
    elif start == end:
        marked = units[value["startOffset"] * 2 : value["endOffset"] * 2]
        yield from _same(value.get("text"), marked.decode("utf-16-le", "replace"))


def _rectangle(value: Mapping[str, Any]) -> Iterator[str]:
    """Sizes are percent of the image."""
    x, y, width, height = (value.get(name) for name in ("x", "y", "width", "height"))
    if x is None or y is None or not all(map(is_number, (x, y, width, height))):
        yield "x, y, width and height are no numbers"
    elif any(not -1e-6 <= end <= 100 + 1e-6 for end in (x, y, x + width, y + height)):
        yield "a rectangle leaves the image: sizes are percent of it"


def target_of(config: LabelConfig, region: Mapping[str, Any]) -> Tag | None:
    """Return the object that a region is about, None if the config has none of that name."""
    name = region.get("to_name")
    return config.objects().get(name) if isinstance(name, str) else None
