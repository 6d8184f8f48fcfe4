"""What backends import from `label_studio_ml.utils`, as far as it needs no other package."""

from collections import OrderedDict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final

DATA_UNDEFINED_NAME: Final = "$undefined$"


def is_skipped(completion: dict[str, Any]) -> bool:
    """Say whether a task's only annotation is a skip."""
    annotations = completion["annotations"]
    if len(annotations) != 1:
        return False
    return bool(annotations[0].get("skipped") or annotations[0].get("was_cancelled"))


def get_choice(completion: dict[str, Any]) -> Any:
    """Return the first choice of a task's first annotation."""
    return completion["annotations"][0]["result"][0]["value"]["choices"][0]


def match_labels(input: str, labels: Sequence[str]) -> list[str]:
    """Return for each line of a text the label that is most like it."""
    lines = input.splitlines()
    return [max(labels, key=lambda one: SequenceMatcher(None, line, one).ratio()) for line in lines]


class InMemoryLRUDictCache:
    """The last few values by key."""

    def __init__(self, capacity: int = 1) -> None:
        self.cache: OrderedDict[Any, Any] = OrderedDict()
        self.capacity = capacity

    def __contains__(self, item: Any) -> bool:
        return item in self.cache

    def get(self, key: Any) -> Any:
        """Return a value, None if it is not there."""
        if key in self.cache:
            self.cache.move_to_end(key)
        return self.cache.get(key)

    def put(self, key: Any, value: Any) -> None:
        """Keep a value in place of the one that was used least recently."""
        if key not in self.cache and len(self.cache) >= self.capacity:
            self.cache.popitem(last=False)
        self.cache[key] = value
        self.cache.move_to_end(key)
