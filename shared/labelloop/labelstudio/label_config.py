"""The tags of a label config. Label Studio's editor takes tags and attributes in either case."""

from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from labelloop.errors import Unprocessable

_MOST_LEVELS: Final = 100


def read_tags(xml: str) -> Element:
    """Return the root of a label config; Unprocessable if it is none."""
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
            return root
    raise Unprocessable(f"label_config: tags within tags, more than {_MOST_LEVELS} levels")


def kind_of(tag: Element) -> str:
    """Return what a tag is, in lower case."""
    return str(tag.tag).lower()


def attributes_of(tag: Element) -> dict[str, str]:
    """Return a tag's attributes by their names in lower case."""
    return {name.lower(): value for name, value in tag.attrib.items()}


def tags_of(root: Element, kind: str) -> list[Element]:
    """Return all tags of a kind, in the order of the config."""
    return [tag for tag in root.iter() if kind_of(tag) == kind]
