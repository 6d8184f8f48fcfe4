"""Pairs of hotel reviews, of which people choose the more pleased one."""

from typing import Any, Final

from tests.kinds.example import Example

CONFIG: Final = (
    '<View><Header value="Which guest is more pleased?"/>'
    '<Pairwise name="pw" toName="text1,text2"/>'
    '<Text name="text1" value="$pairText1"/><Text name="text2" value="$pairText2"/></View>'
)
_GOOD: Final = ("lovely", "spotless", "friendly", "quiet", "generous")
_BAD: Final = ("dirty", "noisy", "rude", "broken", "cramped")
_ROOMS: Final = ("room", "lobby", "breakfast", "pool", "garden", "lift", "bar")


def _review(words: tuple[str, ...], number: int) -> str:
    room, other = (_ROOMS[number * step % len(_ROOMS)] for step in (1, 3))
    return f"A {words[number % 5]} {room}, and the {other} was {words[number * 2 % 5]} as well."


def _task(number: int) -> dict[str, Any]:
    good, bad = _review(_GOOD, number), _review(_BAD, number + 2)
    texts = (good, bad) if number % 3 else (bad, good)
    return {"pairText1": texts[0], "pairText2": texts[1]}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the editor saves: both names are the control's own."""
    side = "left" if any(word in data["pairText1"] for word in _GOOD) else "right"
    return [
        {
            "value": {"selected": side},
            "id": "bHo1HJ35tF",
            "from_name": "pw",
            "to_name": "pw",
            "type": "pairwise",
            "origin": "manual",
        }
    ]


EXAMPLE: Final = Example("pairs", CONFIG, [_task(number) for number in range(70)], answer)
