"""The images that a page shows of a task: where each of them is."""

from dataclasses import dataclass
from typing import Any, Self

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.text.field_text import FieldText

type Address = str
type Shown = list[Address | None]
"""An address for each image of the config, the control's own first; None where a task has none."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """The images that are read: the one that the control is about, then the others of the page.

    People see all of them before they answer: what was before and after, say.
    """

    fields: tuple[FieldText, ...]

    @classmethod
    def about(cls, name: str, config: LabelConfig) -> Self:
        """Return the image of that name, which `why_unread` has let pass, and all others."""
        own = config.objects()[name]
        others = [tag for tag in config.of_kind("image") if tag is not own and not tag.is_control]
        beside = [tag for tag in others if not why_unread(tag)]
        return cls(tuple(FieldText(_value(tag)) for tag in (own, *beside)))

    @property
    def key(self) -> str:
        """What is read, for `Control.sees`."""
        return "\n".join(f"image:{field.key}" for field in self.fields)

    @property
    def value(self) -> str:
        """What is read, as the config has it, for people."""
        return " + ".join(field.value for field in self.fields)

    def of(self, data: Any) -> Shown | None:
        """Return where the images of a task are, None if the first is nowhere."""
        shown = [_address(field, data) for field in self.fields]
        return shown if shown[0] else None


def why_unread(tag: Tag) -> str:
    """Return why an object can't be read as an image, as `is about ...`; empty if it can."""
    if tag.kind != "image":
        return f"is about {tag.title}, which is no <Image>"
    if not FieldText(_value(tag)).is_variable:
        return f"is about {tag.title}, whose image is the same for all tasks: {_value(tag)[:40]!r}"
    return ""


def _value(tag: Tag) -> str:
    return (tag.attributes.get("value") or tag.attributes.get("valuelist") or "").strip()


def _address(field: FieldText, data: Any) -> Address | None:
    """Return where an image is: of several pages (`valueList`) the first."""
    raw = field.raw(data)
    if isinstance(raw, list):
        raw = raw[0] if raw else None
    elif not isinstance(raw, str):
        raw = None
    return (raw.strip() or None) if isinstance(raw, str) else None
