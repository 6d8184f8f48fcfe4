"""Find the control of a label config that can be learnt, or say why there is none."""

from collections.abc import Mapping
from functools import lru_cache
from xml.etree.ElementTree import Element

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import attributes_of, kind_of, read_tags, tags_of
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.field_text import FieldText
from labelloop.recipes.text_choices.offered import read_offered


@lru_cache(maxsize=64)
def read_label_config(xml: str) -> TextChoices:
    """Return the first control that can be learnt; Unprocessable says why none can."""
    root = read_tags(xml)
    objects = {name: tag for tag in root.iter() if (name := _object_name(tag))}
    tags = tags_of(root, "choices")
    reasons = {tag: why_not(tag, objects) for tag in tags}
    learnt = next((tag for tag in tags if not reasons[tag]), None)
    if learnt is None:
        told = "; ".join(reason for reason in reasons.values() if reason) or _nothing(root)
        raise Unprocessable(f"label_config: {told}")
    fields = attributes_of(learnt)
    value = attributes_of(objects[fields["toname"]]).get("value", "")
    others = tuple(named(tag) for tag in root.iter() if _is_control(tag) and tag is not learnt)
    offered = read_offered(learnt)
    is_pushable = "toName" in learnt.attrib and not offered.is_nested
    return TextChoices(
        fields["name"], fields["toname"], FieldText(value.strip()), offered, others, is_pushable
    )


def why_not(tag: Element, objects: Mapping[str, Element]) -> str:
    """Return why a `<Choices>` can't be learnt, empty if it can."""
    fields, choices = attributes_of(tag), len(read_offered(tag).labels)
    about = objects.get(fields.get("toname", ""))
    reasons = {
        "has no name": not fields.get("name"),
        "allows several choices; only a single choice is learnt": not fields.get(
            "choice", "single"
        ).startswith("single"),
        "is asked of each region, not of the text": fields.get("perregion") == "true",
        "is asked of each item, not of the text": fields.get("peritem") == "true",
        f"takes its choices from the tasks ({fields.get('value')}); "
        "only choices in the config are learnt": "$" in fields.get("value", ""),
        "offers fewer than two choices": choices < 2,
        "is about several objects": "," in fields.get("toname", ""),
        "has a toName that names no object": about is None,
    }
    found = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not found and about is not None:
        found = _why_unread(about)
    return f"{named(tag)} {found}" if found else ""


def _why_unread(about: Element) -> str:
    """Return why what a control is about can't be read as text, empty if it can."""
    fields, what = attributes_of(about), named(about)
    if kind_of(about) != "text":
        return f"is about {what}; only a <Text> is learnt"
    if fields.get("valuetype") == "url":
        return f'is about {what}, which has valueType="url": addresses are never opened'
    if fields.get("encoding", "none") != "none" or fields.get("resolver"):
        return f"is about {what}, whose texts are encoded or fetched"
    value = fields.get("value", "")
    if "{{" in value or "{{" in fields.get("name", ""):
        return f"is about {what}, which a <Repeater> repeats"
    if not FieldText(value.strip()).is_variable:
        return f"is about {what}, which shows no field of the task (value={value!r})"
    return ""


def named(tag: Element) -> str:
    """Return a tag as messages name it: its kind as written, and its name."""
    return f"{tag.tag} {attributes_of(tag).get('name', '')!r}"


def _is_control(tag: Element) -> bool:
    return "toname" in attributes_of(tag)


def _object_name(tag: Element) -> str:
    fields = attributes_of(tag)
    return "" if "toname" in fields else fields.get("name", "")


def _nothing(root: Element) -> str:
    there = ", ".join(named(tag) for tag in root.iter() if _is_control(tag)) or "no control"
    return f"{there}; only a <Choices> about a <Text> is learnt"
