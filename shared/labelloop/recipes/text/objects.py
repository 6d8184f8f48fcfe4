"""The objects of a label config that hold text, and the text that each shows of a task."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final, Self

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.text.field_text import FieldText, shown

_HIDDEN: Final = {"script", "style", "template", "head"}
_MOST_ITEMS: Final = 10_000  # of a table, a list or a dialogue: the rest is not read


@dataclass(frozen=True, slots=True)
class TextObject:
    """One object that shows text: `<Text>`, `<Header>`, `<HyperText>`, `<Paragraphs>` and others.

    `name_key` and `text_key`: where the parts of a dialogue hold who speaks, and what is said.
    """

    kind: str
    value: FieldText
    name_key: str = "author"
    text_key: str = "text"

    @classmethod
    def read(cls, tag: Tag) -> Self:
        """Return the object of a tag of which `why_unread` is empty."""
        fields = tag.attributes
        keys = fields.get("namekey") or "author", fields.get("textkey") or "text"
        return cls(tag.kind, FieldText(fields.get("value", "").strip()), *keys)

    @property
    def key(self) -> str:
        """What is read, for `Control.sees`; for a `<Text>` its field alone."""
        if self.kind in ("text", "header"):
            return self.value.key
        keys = f"({self.name_key},{self.text_key})" if self.kind == "paragraphs" else ""
        return f"{self.kind}{keys}:{self.value.key}"

    def of(self, data: Any) -> str | None:
        """Return the text that is shown of a task's data, None if there is nothing to read."""
        if self.kind in ("text", "header"):
            return self.value.of(data)
        raw = self.value.raw(data)
        if raw is None:
            return None
        return _READERS[self.kind](self, raw)


@dataclass(frozen=True, slots=True)
class TextInput:
    """What a recipe reads as one text: an object, and the others that are shown beside it."""

    objects: tuple[TextObject, ...]

    @classmethod
    def named(cls, field: str) -> Self:
        """Return the text of one field of the data."""
        return cls((TextObject("text", FieldText.named(field)),))

    @classmethod
    def about(cls, name: str, config: LabelConfig) -> Self:
        """Return the object of that name, which `why_unread` has let pass, and all others.

        People read all that a page shows before they answer: a question and its passage, say.
        """
        own = config.objects()[name]
        others = [tag for tag in config.root.walk() if tag is not own and not tag.is_control]
        beside = [tag for tag in others if not why_unread(tag)]
        return cls(tuple(TextObject.read(tag) for tag in (own, *beside)))

    @property
    def key(self) -> str:
        """What is read, for `Control.sees`."""
        return "\n".join(one.key for one in self.objects)

    @property
    def value(self) -> str:
        """What is read, as the config has it, for people."""
        return " + ".join(one.value.value for one in self.objects)

    def of(self, data: Any) -> str | None:
        """Return the texts below each other, None if the first has nothing to read."""
        first = self.objects[0].of(data)
        if first is None or len(self.objects) == 1:
            return first
        others = [text for one in self.objects[1:] if (text := one.of(data))]
        return "\n".join([first, *others])


def why_unread(tag: Tag) -> str:
    """Return why an object can't be read as text, as `is about ...`; empty if it can."""
    fields, what = tag.attributes, tag.title
    if tag.kind not in KINDS:
        return f"is about {what}; only objects that show text are learnt: {_NAMES}"
    if "url" in fields.get("valuetype", ""):  # of a `<Table>` it may be csv|url
        return f"is about {what}, which is fetched; {_FETCHED}"
    if fields.get("encoding", "none") != "none" or fields.get("resolver"):
        return f"is about {what}, whose texts are encoded or fetched"
    value = fields.get("value", "")
    if "{{" in value or "{{" in fields.get("name", ""):
        return f"is about {what}, which a <Repeater> repeats"
    if not FieldText(value.strip()).is_variable:
        return f"is about {what}, which shows no field of the task (value={value!r})"
    return ""


def is_fetched(tag: Tag) -> bool:
    """Say whether an object shows the text at an address that a field of the task holds.

    Then a recipe sees the tag as if the text itself were there: see `recipes.fetched`.
    """
    fields, value = tag.attributes, tag.attributes.get("value", "").strip()
    is_one = value.startswith("$") and "$" not in value[1:] and "{{" not in value
    return tag.kind in _FETCHED_KINDS and fields.get("valuetype") == "url" and is_one


def _html(_: TextObject, raw: Any) -> str | None:
    text = shown(raw)
    if text is None or ("<" not in text and "&" not in text):
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    return parser.text


class _Text(HTMLParser):
    """The text of a page of HTML, without what a browser does not show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden: list[str] = []

    @property
    def text(self) -> str:
        return " ".join("".join(self._parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        self._parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()
        self._parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data)


def _dialogue(one: TextObject, raw: Any) -> str | None:
    if not isinstance(raw, list):
        return shown(raw)
    parts = [part for part in raw[:_MOST_ITEMS] if isinstance(part, Mapping)]
    said = [(shown(part.get(one.name_key)), shown(part.get(one.text_key))) for part in parts]
    return _lines(f"{name}: {text}" if name else text for name, text in said if text)


def _chat(_: TextObject, raw: Any) -> str | None:
    return _dialogue(TextObject("chat", FieldText(""), "role", "content"), raw)


def _table(_: TextObject, raw: Any) -> str | None:
    if not isinstance(raw, list):
        return _row(raw)
    return _lines(_row(row) for row in raw[:_MOST_ITEMS])


def _row(row: Any) -> str | None:
    if not isinstance(row, Mapping):
        return shown(row)
    cells = [(name, shown(value)) for name, value in row.items()]
    return _lines(f"{name}: {value}" for name, value in cells if value)


def _items(_: TextObject, raw: Any) -> str | None:
    if not isinstance(raw, list):
        return shown(raw)
    return _lines(item_text(item) for item in raw[:_MOST_ITEMS])


def item_text(item: Any) -> str | None:
    """Return the text of one item of a `<List>`: its title and its body."""
    if not isinstance(item, Mapping):
        return shown(item)
    parts = [shown(item.get(key)) for key in ("title", "body", "html")]
    return _lines(parts)


def _lines(parts: Iterable[str | None]) -> str | None:
    """Return the texts below each other, None if there is none."""
    texts = [part for part in parts if part]
    return "\n".join(texts) if texts else None


_READERS: Final[dict[str, Callable[[TextObject, Any], str | None]]] = {
    "hypertext": _html,
    "paragraphs": _dialogue,
    "table": _table,
    "list": _items,
    "chat": _chat,
}
KINDS: Final = frozenset({"text", "header", *_READERS})
_FETCHED_KINDS: Final = frozenset({"text", "hypertext", "paragraphs"})
_FETCHED: Final = (
    "of texts by address a <Text>, a <HyperText> or a <Paragraphs> is learnt that names one field"
)
_NAMES: Final = "Text, Header, HyperText, Paragraphs, Table, List, Chat"
