"""The candidates that a task offers, and what an annotation says of them."""

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, Final

from labelloop.recipes.text.field_text import FieldText
from labelloop.recipes.text.objects import TextObject, item_text

ORDER, CHOICE, BUCKETS = "order", "choice", "buckets"  # forms of answers
UNSORTED: Final = "_"  # Label Studio's name for what lies in no bucket
MOST: Final = 500  # candidates of a task: a result has to name them all

_HTML: Final = TextObject("hypertext", FieldText("$html"))


def items_of(raw: Any) -> list[tuple[Any, str]] | None:
    """Return the id and the text of each item of a `<List>`; None if an id is missing or repeated.

    A result must name exactly the task's items: an unknown id empties the annotator's page.
    """
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        return None
    return _told_apart([(item.get("id"), item_text(item) or "") for item in raw])


def options_of(raw: Any) -> list[tuple[Any, str]] | None:
    """Return the answer and the text of each option; None if an answer is missing or repeated.

    An option is answered by its alias, or else its value. An option that is a plain text has a box
    without a name: it can't be chosen.
    """
    if not isinstance(raw, list) or not all(isinstance(option, Mapping) for option in raw):
        return None
    found = []
    for option in raw:
        value = option.get("value")
        if not isinstance(value, str):
            return None
        text = [value, _HTML.of(option) or ""]
        found.append((option.get("alias") or value, "\n".join(filter(None, text))))
    return _told_apart(found)


def _told_apart(found: list[tuple[Any, str]]) -> list[tuple[Any, str]] | None:
    ids = [id_ for id_, _ in found]
    if not all(is_id(id_) for id_ in ids) or len(set(map(dumps, ids))) < len(ids):
        return None
    return found if 0 < len(found) <= MOST else None


def is_id(value: Any) -> bool:
    """Say whether a value can name an item: a text that is not empty, or a number."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and bool(value)
    )


def chosen_of(value: Mapping[str, Any]) -> str | None:
    """Return the one option that a region of `<Choices>` chooses, None if it isn't one."""
    choices = value.get("choices")
    one = choices[0] if isinstance(choices, list) and len(choices) == 1 else choices
    return one if isinstance(one, str) and one else None


def order_of(value: Mapping[str, Any], name: str) -> list[Any] | None:
    """Return the ids in the order that a region of a `<Ranker>` without buckets gives."""
    ranker = value.get("ranker")
    ids = ranker.get(name) if isinstance(ranker, Mapping) else None
    return ids if isinstance(ids, list) and len(ids) >= 2 and _are_ids(ids) else None


def sorted_of(value: Mapping[str, Any], buckets: Sequence[str]) -> dict[str, list[Any]] | None:
    """Return what a region of a `<Ranker>` puts into each bucket; None if nothing is sorted.

    Whoever submits without touching anything leaves all items unsorted. The order within a bucket
    is not kept.
    """
    ranker = value.get("ranker")
    if not isinstance(ranker, Mapping):
        return None
    found = {name: ids for name in buckets if (ids := ranker.get(name))}
    if not all(isinstance(ids, list) and _are_ids(ids) for ids in found.values()):
        return None
    if not set(found) - {UNSORTED}:
        return None
    return {name: sorted(ids, key=dumps) for name, ids in found.items()}


def _are_ids(ids: list[Any]) -> bool:
    return all(map(is_id, ids)) and len(set(map(dumps, ids))) == len(ids)
