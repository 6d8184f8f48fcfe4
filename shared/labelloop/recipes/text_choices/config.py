"""Find the choice of a label config that can be learnt, or say why there is none."""

from collections.abc import Mapping

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.text.objects import TextInput, why_unread
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.offered import read_offered


def read(config: LabelConfig) -> TextChoices | None:
    """Return the first choice that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in config.of_kind("choices") if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    text = TextInput.about(learnt.attributes["toname"], config)
    others = tuple(tag.unlearnt for tag in config.controls() if tag is not learnt)
    offered = read_offered(learnt)
    is_pushable = "toName" in learnt.written and not offered.is_nested
    fields = learnt.attributes
    return TextChoices(fields["name"], fields["toname"], text, offered, others, is_pushable)


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
        reason = why_unread(target)
    return f"{tag.title} {reason}" if reason else ""


def _nothing(config: LabelConfig) -> str:
    titles = ", ".join(tag.title for tag in config.controls()) or "no control"
    return f"{titles}; only a <Choices> about a text is learnt"
