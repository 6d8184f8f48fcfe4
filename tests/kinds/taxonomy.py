"""Letters to a shop, filed in a tree: one place for most, two for some that ask two things."""

from typing import Any, Final

from tests.kinds.example import Example

CONFIG: Final = (
    '<View><Text name="letter" value="$text"/>'
    '<Taxonomy name="topic" toName="letter" showFullPath="true" pathSeparator=" / " maxUsages="3">'
    '<Choice value="Orders"><Choice value="Delivery">'
    '<Choice value="Late"/><Choice value="Damaged"/></Choice>'
    '<Choice value="Refund"/></Choice>'
    '<Choice value="Computers" alias="pc">'
    '<Choice value="Screen"/><Choice value="Battery"/></Choice>'
    '<Choice value="Praise"/></Taxonomy></View>'
)

_SAID: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("Orders", "Delivery", "Late"): ("the parcel is late", "still waiting for my parcel"),
    ("Orders", "Delivery", "Damaged"): ("the box was crushed", "everything in the box is broken"),
    ("Orders", "Refund"): ("I want my money back", "please refund what I paid"),
    ("pc", "Screen"): ("the screen flickers", "a dark line across the screen"),
    ("pc", "Battery"): ("the battery is empty by noon", "it won't charge its battery"),
    ("Praise",): ("thank you for the kind help", "lovely service, thank you"),
}
_TONES: Final = (
    "Hello, {}.",
    "{}, and that since Monday.",
    "Listen: {}!",
    "Dear team, {}. Regards",
)


def _tasks() -> list[dict[str, Any]]:
    phrases = [text for pair in zip(*_SAID.values(), strict=True) for text in pair]
    tasks = []
    for number in range(72):
        text = phrases[number % len(phrases)]
        if number % 9 == 8:  # asks a second thing
            text += f"; also {phrases[(number + 4) % len(phrases)]}"
        tone = _TONES[(number // len(phrases)) % len(_TONES)]
        tasks.append({"text": f"{tone.format(text)} (letter {number})", "ref": number})
    return tasks


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the editor makes of the places of a letter, in the order of clicks."""
    paths = [
        list(path) for path, said in _SAID.items() if any(text in data["text"] for text in said)
    ]
    return [
        {
            "value": {"taxonomy": paths},
            "id": f"tax{data['ref']:07d}",
            "from_name": "topic",
            "to_name": "letter",
            "type": "taxonomy",
            "origin": "manual",
        }
    ]


EXAMPLE: Final = Example("taxonomy", CONFIG, _tasks(), answer)
