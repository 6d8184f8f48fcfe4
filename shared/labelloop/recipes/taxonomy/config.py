"""Find the taxonomy of a label config that can be learnt, or say why there is none."""

from collections.abc import Mapping

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.taxonomy.control import Taxonomy
from labelloop.recipes.taxonomy.tree import read_tree
from labelloop.recipes.text.objects import TextInput, why_unread


def read(config: LabelConfig) -> Taxonomy | None:
    """Return the first taxonomy that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in config.of_kind("taxonomy") if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    fields = learnt.attributes
    text = TextInput.about(fields["toname"], config)
    others = tuple(tag.unlearnt for tag in config.controls() if tag is not learnt)
    is_pushable = "toName" in learnt.written
    return Taxonomy(fields["name"], fields["toname"], text, read_tree(learnt), others, is_pushable)


def why_none(config: LabelConfig) -> str:
    """Return why no taxonomy of a label config can be learnt; empty if there is none."""
    objects = config.objects()
    reasons = (why_not(tag, objects) for tag in config.of_kind("taxonomy"))
    return "; ".join(reason for reason in reasons if reason)


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a `<Taxonomy>` can't be learnt, empty if it can."""
    fields = tag.attributes
    target = objects.get(fields.get("toname", ""))
    reasons = {
        "has no name": not fields.get("name"),
        "labels parts of the text, not the text": fields.get("labeling") == "true",
        "is asked of each region, not of the text": fields.get("perregion") == "true",
        "is asked of each item, not of the text": fields.get("peritem") == "true",
        f"takes its choices from the tasks ({fields.get('value')}); "
        "only choices in the config are learnt": bool(fields.get("value")),
        f"takes its choices from an address ({fields.get('apiurl')}); "
        "only choices in the config are learnt": bool(fields.get("apiurl")),
        "offers fewer than two choices": len(read_tree(tag).choosable) < 2,
        "is about several objects": "," in fields.get("toname", ""),
        "has a toName that names no object": target is None,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = why_unread(target)
    return f"{tag.title} {reason}" if reason else ""
