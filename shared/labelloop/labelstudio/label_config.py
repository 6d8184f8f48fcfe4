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
# Of a control: what it is asked of, and of which parts, if not of the whole task.
_OF_PARTS: Final = frozenset(
    {"perregion", "peritem", "visiblewhen", "whentagname", "whenlabelvalue", "whenchoicevalue"}
)
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

    @property
    def asked_of(self) -> str:
        """What a control is asked of: each `region` or each `item`; empty for the whole task."""
        parts = {"region": "perregion", "item": "peritem"}
        return next((one for one, of in parts.items() if self.attributes.get(of) == "true"), "")

    @property
    def unlearnt(self) -> str:
        """Its name where it is not learnt, and why if it is asked of parts of a task."""
        return f"{self.title} (asked of each {self.asked_of})" if self.asked_of else self.title

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
        return LabelConfig(_only(self.root, control, control))

    def asked_once(self, control: Tag) -> "LabelConfig":
        """Return the same with the control asked of the whole task, whatever it is asked of."""
        fields = {n: v for n, v in control.attributes.items() if n not in _OF_PARTS}
        return LabelConfig(_only(self.root, control, replace(control, attributes=fields)))

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


def _only(tag: Tag, control: Tag, instead: Tag) -> Tag:
    if tag is control:
        return instead
    kept = (child for child in tag.children if child is control or not _is_answered(child))
    return replace(tag, children=tuple(_only(child, control, instead) for child in kept))


def _tag(element: Element) -> Tag:
    attributes = {name.lower(): value for name, value in element.attrib.items()}
    children = tuple(_tag(child) for child in element)
    name = str(element.tag)
    return Tag(name.lower(), attributes, children, name, dict(element.attrib))
