"""Complaints: what is broken is marked, and of what is broken how badly; the whole is answered."""

from typing import Any, Final

from tests.kinds.example import Example

CONFIG: Final = """
<View>
  <Choices name="severity" toName="text" perRegion="true" whenTagName="span"
           whenLabelValue="Problem">
    <Choice value="Low"/><Choice value="High"/>
  </Choices>
  <Labels name="span" toName="text"><Label value="Product"/><Label value="Problem"/></Labels>
  <Text name="text" value="$text"/>
  <Choices name="overall" toName="text"><Choice value="Keep"/><Choice value="Return"/></Choices>
  <TextArea name="norm" toName="text" perRegion="true"/>
</View>
"""
_PRODUCTS: Final = ("phone", "laptop 😀", "garden chair", "radio", "lamp")
_PROBLEMS: Final = {
    "Low": ("slightly scratched", "a little dusty", "somewhat late"),
    "High": ("totally broken", "completely burnt", "utterly smashed"),
}
_RARELY: Final = 9  # of so many texts one has a region that nobody answered


def _parts(number: int) -> list[tuple[str, str, str]]:
    """Return the parts of a text, each with its label and how badly it is broken, if it is."""
    product, first = _PRODUCTS[number % 5], ("Low", "High")[number % 2]
    second = ("High", "Low")[number // 2 % 2]
    parts = [("The ", "", ""), (product, "Product", ""), (" came ", "", "")]
    parts.append((_PROBLEMS[first][number % 3], "Problem", first))
    if number % 3:
        parts += [(" and was ", "", ""), (_PROBLEMS[second][number // 3 % 3], "Problem", second)]
    return [*parts, (f", order {number}.", "", "")]


def _data(number: int) -> dict[str, Any]:
    return {"text": "".join(text for text, _, _ in _parts(number)), "number": number}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return spans, each followed by what is said of it, and what is said of the whole."""
    result: list[dict[str, Any]] = []
    place, number = 0, data["number"]
    for text, label, severity in _parts(number):
        start, place = place, place + len(text)
        if not label:
            continue
        where = {"start": start, "end": place, "text": text}
        id_ = f"r{number}-{start:07d}"
        result.append(_region(id_, "span", "labels", where | {"labels": [label]}))
        if severity and number % _RARELY:
            said = where | {"choices": [severity]}
            result.append(_region(id_, "severity", "choices", said))
        if number % 7 == 0:
            said = where | {"text": ["see above"]}
            result.append(_region(id_, "norm", "textarea", said))
    whole = "Return" if any(severity == "High" for *_, severity in _parts(number)) else "Keep"
    return [*result, _region(f"w{number:09d}", "overall", "choices", {"choices": [whole]})]


def _region(id_: str, name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    about = {"from_name": name, "to_name": "text", "type": kind, "origin": "manual"}
    return about | {"id": id_, "value": value}


EXAMPLE: Final = Example("several_controls", CONFIG, [_data(n) for n in range(72)], answer)
