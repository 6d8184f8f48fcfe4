"""Answers to a question that people put in order, sort into buckets, or choose one of."""

from typing import Any, Final

from tests.kinds.example import Example

_PROMPT: Final = '<Text name="prompt" value="$prompt"/>'
_LIST: Final = '<List name="results" value="$items" title="Answers"/>'
ORDER: Final = f'<View>{_PROMPT}{_LIST}<Ranker name="rank" toName="results"/></View>'
BUCKETS: Final = (
    f'<View>{_PROMPT}{_LIST}<Ranker name="rank" toName="results">'
    '<Bucket name="helpful" title="Helpful"/><Bucket name="harmful" title="Harmful"/>'
    "</Ranker></View>"
)
OPTIONS: Final = f'<View>{_PROMPT}<Choices name="pick" toName="prompt" value="$options"/></View>'
_PLACES: Final = ("the garden", "the kitchen", "the cellar", "the roof", "the hall")
_ANSWERS: Final = (  # the best one first
    ("helpful", "Call the plumber about {}, calmly."),
    ("_", "Nobody knows about {}."),
    ("harmful", "Burn down {} at once!"),
)


def _answers(number: int) -> list[tuple[int, str]]:
    """Return how good each answer is, 0 = best, and its text, in the order of the page."""
    place = _PLACES[number % len(_PLACES)]
    found = [(rank, text.format(place)) for rank, (_, text) in enumerate(_ANSWERS)]
    turns = number % 3
    turned = found[turns:] + found[:turns]
    return turned[::-1] if number % 2 else turned


def _listed(number: int) -> dict[str, Any]:
    items = [
        {"id": f"model_{row}", "title": f"Answer {row}", "body": text}
        for row, (_, text) in enumerate(_answers(number))
    ]
    return {"prompt": f"What about {_PLACES[number % len(_PLACES)]}, no. {number}?", "items": items}


def _offered(number: int) -> dict[str, Any]:
    options = [
        {"value": text} if row else {"value": text, "alias": f"first-{number}"}
        for row, (_, text) in enumerate(_answers(number))
    ]
    return {"prompt": f"What is best, no. {number}?", "options": options}


def _rank(text: str) -> int:
    words = ("plumber", "Nobody", "Burn")
    return next(rank for rank, word in enumerate(words) if word in text)


def _region(kind: str, names: tuple[str, str], value: dict[str, Any]) -> list[dict[str, Any]]:
    from_name, to_name = names
    made = {"id": "ScRtvPQrw4", "type": kind, "origin": "manual", "value": value}
    return [made | {"from_name": from_name, "to_name": to_name}]


def ordered(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all items, the best one first."""
    ids = [item["id"] for item in sorted(data["items"], key=lambda item: _rank(item["body"]))]
    return _region("ranker", ("rank", "results"), {"ranker": {"rank": ids}})


def put_into_buckets(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all items by bucket; what lies in none is under `_`."""
    buckets: dict[str, list[str]] = {"_": [], "helpful": [], "harmful": []}
    for item in data["items"]:
        buckets[_ANSWERS[_rank(item["body"])][0]].append(item["id"])
    return _region("ranker", ("rank", "results"), {"ranker": buckets})


def chosen(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the best option, by its alias if it has one."""
    best = min(data["options"], key=lambda option: _rank(option["value"]))
    return _region("choices", ("pick", "prompt"), {"choices": [best.get("alias", best["value"])]})


EXAMPLE: Final = Example("candidates", ORDER, [_listed(n) for n in range(66)], ordered)
SORTED: Final = Example("candidates", BUCKETS, [_listed(n) for n in range(66)], put_into_buckets)
CHOSEN: Final = Example("candidates", OPTIONS, [_offered(n) for n in range(66)], chosen)
