"""What a value like `$article.body` of a label config stands for in a task's data."""

import re
from collections.abc import Mapping
from typing import Any, Final

_STEP: Final = re.compile(r"[^.\[\]]+")


def value_at(data: Any, value: str) -> Any:
    """Return the value of one variable, None if there is none, or the value is a template."""
    if not isinstance(data, Mapping) or not value.startswith("$") or "$" in value[1:]:
        return None
    if value[1:] in data:
        return data[value[1:]]
    found: Any = data
    for step in _STEP.findall(value[1:]):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
