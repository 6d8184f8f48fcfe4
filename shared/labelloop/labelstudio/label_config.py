"""A label config as its tags. Label Studio's editor takes tags and attributes in either case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from labelloop.errors import Unprocessable

_MOST_LEVELS: Final = 100
_WITHOUT_OBJECT: Final = {"rating", "number"}  # a template of Label Studio's has one of no toName


@dataclass(frozen=True, eq=False, slots=True)
class Tag:
    """One tag: what it is, in lower case, and its attributes by their names in lower case.

    `name` and `written`: the tag and its attributes as they are written.
    """

    kind: str
    attributes: Mapping[str, str]
    children: tuple["Tag", ...]
    name: str
    written: Mapping[str, str]

    @property
    def title(self) -> str:
        """Its name in messages: its kind as written, and its name."""
        return f"{self.name} {self.attributes.get('name', '')!r}"

    @property
    def is_control(self) -> bool:
        """Whether it is a control: a tag that is about an object, and that people answer."""
        return "toname" in self.attributes

    def walk(self) -> Iterator["Tag"]:
        """Yield the tag and all tags below it, in the order of the config."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, eq=False, slots=True)
class LabelConfig:
    """A label config: a view whose tags are objects, controls and decoration."""

    root: Tag

    def of_kind(self, kind: str) -> list[Tag]:
        """Return all tags of a kind, in lower case, in the order of the config."""
        return [tag for tag in self.root.walk() if tag.kind == kind]

    def controls(self) -> list[Tag]:
        """Return all controls."""
        return [tag for tag in self.root.walk() if tag.is_control]

    def only(self, control: Tag) -> "LabelConfig":
        """Return the config without any other control: with all objects, and in its order."""
        return LabelConfig(_only(self.root, control))

    def answered(self) -> list[Tag]:
        """Return all that people answer: the controls, and those that name no object."""
        return [tag for tag in self.root.walk() if _is_answered(tag)]

    def objects(self) -> Mapping[str, Tag]:
        """Return what controls can be about, by name."""
        return _objects(self.root)


@lru_cache(maxsize=16)
def parse(xml: str) -> LabelConfig:
    """Return a label config; Unprocessable if it is none."""
    if not xml.strip():
        raise Unprocessable("label_config: empty")
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise Unprocessable("label_config: not well-formed XML") from None
    level = [root]
    for _ in range(_MOST_LEVELS):
        level = [child for tag in level for child in tag]
        if not level:
            return LabelConfig(_tag(root))
    raise Unprocessable(f"label_config: tags within tags, more than {_MOST_LEVELS} levels")


@lru_cache(maxsize=16)  # as of the configs; each prediction request looks into it
def _objects(root: Tag) -> Mapping[str, Tag]:
    tags = (tag for tag in root.walk() if not tag.is_control)
    return {name: tag for tag in tags if (name := tag.attributes.get("name", ""))}


def _is_answered(tag: Tag) -> bool:
    return tag.is_control or tag.kind in _WITHOUT_OBJECT


def _only(tag: Tag, control: Tag) -> Tag:
    if tag is control:
        return tag
    kept = (child for child in tag.children if child is control or not _is_answered(child))
    return replace(tag, children=tuple(_only(child, control) for child in kept))


def _tag(element: Element) -> Tag:
    attributes = {name.lower(): value for name, value in element.attrib.items()}
    children = tuple(_tag(child) for child in element)
    name = str(element.tag)
    return Tag(name.lower(), attributes, children, name, dict(element.attrib))
