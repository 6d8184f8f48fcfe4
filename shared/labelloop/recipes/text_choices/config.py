"""Find the choice of a label config that can be learnt, or say why there is none."""

from collections.abc import Mapping

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.field_text import FieldText
from labelloop.recipes.text_choices.offered import read_offered


def read(config: LabelConfig) -> TextChoices | None:
    """Return the first choice that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in config.of_kind("choices") if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    value = objects[learnt.attributes["toname"]].attributes.get("value", "")
    others = tuple(tag.title for tag in config.controls() if tag is not learnt)
    offered = read_offered(learnt)
    is_pushable = "toName" in learnt.written and not offered.is_nested
    fields = learnt.attributes
    return TextChoices(
        fields["name"], fields["toname"], FieldText(value.strip()), offered, others, is_pushable
    )


def why_none(config: LabelConfig) -> str:
    """Return why no choice of a label config can be learnt."""
    objects = config.objects()
    reasons = (why_not(tag, objects) for tag in config.of_kind("choices"))
    return "; ".join(reason for reason in reasons if reason) or _nothing(config)


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a `<Choices>` can't be learnt, empty if it can."""
    fields, choices = tag.attributes, len(read_offered(tag).labels)
    target = objects.get(fields.get("toname", ""))
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
        "has a toName that names no object": target is None,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = _why_unread(target)
    return f"{tag.title} {reason}" if reason else ""


def _why_unread(target: Tag) -> str:
    """Return why the object that a control is about can't be read as text, empty if it can."""
    fields, what = target.attributes, target.title
    if target.kind != "text":
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


def _nothing(config: LabelConfig) -> str:
    titles = ", ".join(tag.title for tag in config.controls()) or "no control"
    return f"{titles}; only a <Choices> about a <Text> is learnt"
