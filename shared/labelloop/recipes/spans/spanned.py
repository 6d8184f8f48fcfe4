"""The object whose spans are labelled, and what is read of it: one text, and where its parts start.

An input is JSON: `text`; for a page `breaks`, where text nodes start; for a dialogue `phrases`,
where phrases start: they lie below each other, each on a line of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labelloop.recipes.spans.pages import text_of
from labelloop.recipes.text.field_text import shown
from labelloop.recipes.text.objects import TextObject

type Input = dict[str, Any]

_MOST_PHRASES: Final = 10_000  # of a dialogue: the rest is not read


@dataclass(frozen=True, slots=True)
class Spanned:
    """One `<Text>`, `<HyperText>` or `<Paragraphs>`."""

    object: TextObject

    @property
    def kind(self) -> str:
        """What it is, in lower case."""
        return self.object.kind

    @property
    def key(self) -> str:
        """What is read, for `Control.sees`."""
        return self.object.key

    def of(self, data: Any) -> Input | None:
        """Return what is read of a task's data, None if there is nothing to read."""
        if self.kind == "text":
            text = self.object.value.of(data)
            return None if text is None else {"text": text}
        raw = self.object.value.raw(data)
        if self.kind == "paragraphs":
            return self._dialogue(raw) if isinstance(raw, list) else None
        page = shown(raw)
        if page is None:
            return None
        text, breaks = text_of(page)
        return {"text": text, "breaks": breaks}

    def _dialogue(self, parts: list[Any]) -> Input:
        """Return all phrases: spans name them by their numbers, so an odd one is an empty one."""
        phrases = [
            shown(part.get(self.object.text_key)) or "" if isinstance(part, Mapping) else ""
            for part in parts[:_MOST_PHRASES]
        ]
        starts, place = [], 0
        for phrase in phrases:
            starts.append(place)
            place += len(phrase) + 1
        return {"text": "\n".join(phrases), "phrases": starts}
