"""The text that a `<Text value=...>` shows of a task's data, read as the editor reads it.

The rules of Label Studio 1.23: a value that is one variable shows that field; any other value is a
template whose variables are filled in. A variable is a path: `$article.body`, `$texts[0]`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\$[\w\[\].{}]+", re.ASCII)
_STEP: Final = re.compile(r"[^.\[\]\"']+")


@dataclass(frozen=True, slots=True)
class FieldText:
    """The text that a value like `$text` or `Review: $text` shows. No blanks around the value."""

    value: str

    @classmethod
    def named(cls, field: str) -> "FieldText":
        """Return the text of one field of the data."""
        return cls(f"${field}")

    @property
    def is_variable(self) -> bool:
        """Whether the value shows any field of a task."""
        return self.value.startswith("$") or _VARIABLE.search(self.value) is not None

    @property
    def key(self) -> str:
        """What is read, for `Control.sees`: `text` for `$text`, a template as it is."""
        is_one = self.value.startswith("$") and "$" not in self.value[1:]
        return self.value[1:] if is_one else self.value

    def of(self, data: Any) -> str | None:
        """Return the text of a task's data, None if there is nothing to read."""
        if not isinstance(data, Mapping):
            return None
        name = self.value[1:]
        if self.value.startswith("$") and name in data:  # as Label Studio checks imports
            return shown(data[name])
        if _VARIABLE.fullmatch(self.value):
            return shown(_value_at(data, name))
        return self._filled_in(data)

    def raw(self, data: Any) -> Any:
        """Return the value that a variable stands for, as JSON; None if there is none."""
        if not isinstance(data, Mapping) or not self.value.startswith("$"):
            return self.of(data)
        return _value_at(data, self.value[1:])

    def _filled_in(self, data: Mapping[str, Any]) -> str | None:
        names = [variable[1:] for variable in _VARIABLE.findall(self.value)]
        texts = {name: shown(_value_at(data, name)) for name in names}
        if all(text is None for text in texts.values()):
            return None
        return _VARIABLE.sub(lambda match: texts[match[0][1:]] or "", self.value)


def _value_at(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path, None if there is none; a field of that very name goes first."""
    if path in data:
        return data[path]
    value: Any = data
    for step in _STEP.findall(path):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def shown(value: Any) -> str | None:
    """Return a value as the page writes it: a list joined by commas; None for what is no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, list):
        return None
    parts = ["" if item is None else shown(item) for item in value]
    return None if None in parts else ",".join(part or "" for part in parts)
