"""How many stars a guest gives a stay, by what is said of it; one guest in twelve is in a mood."""

from collections.abc import Mapping
from typing import Any, Final

from labelloop.recipes.numbers import NAME
from tests.kinds.example import Example

CONFIG: Final = (
    '<View><Text name="review" value="$text"/>'
    '<Rating name="stars" toName="review" maxRating="5"/></View>'
)
_SAID: Final = {
    1: ("awful", "filthy"),
    2: ("shabby", "noisy"),
    3: ("average", "ordinary"),
    4: ("pleasant", "tidy"),
    5: ("superb", "spotless"),
}
_PLACES: Final = "hotel", "hostel", "flat", "cabin", "inn", "villa"


def _task(number: int) -> dict[str, Any]:
    stars = 1 + number % 5
    first, second = _SAID[stars]
    place = _PLACES[number % len(_PLACES)]
    return {"text": f"Visit {number}: the {place} was {first}, its rooms {second} and {first}."}


def _stars(data: Mapping[str, Any]) -> int:
    stars = next(stars for stars, words in _SAID.items() if words[0] in data["text"])
    visit = int(data["text"].split(":")[0].split()[1])
    return stars if visit % 12 else min(stars + 1, 5)


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the result that the editor makes when a person gives the stars."""
    return [
        {
            "value": {"rating": _stars(data)},
            "id": f"stars{len(data['text']):05d}",
            "from_name": "stars",
            "to_name": "review",
            "type": "rating",
            "origin": "manual",
        }
    ]


EXAMPLE: Final = Example(NAME, CONFIG, [_task(number) for number in range(160)], answer)
