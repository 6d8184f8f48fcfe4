"""Find the spans of a label config that can be learnt, or say why there are none."""

from collections.abc import Mapping
from typing import Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.spans.control import Spans, Types
from labelloop.recipes.spans.spanned import Spanned
from labelloop.recipes.text.objects import TextObject, why_unread

_ABOUT: Final = {"labels": "text", "hypertextlabels": "hypertext", "paragraphlabels": "paragraphs"}


def read(config: LabelConfig) -> Spans | None:
    """Return the first control of spans that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in config.controls() if _is_learnt(tag, objects)), None)
    if learnt is None:
        return None
    fields = learnt.attributes
    spanned = Spanned(TextObject.read(objects[fields["toname"]]))
    others = tuple(tag.unlearnt for tag in config.controls() if tag is not learnt)
    is_pushable = "toName" in learnt.written
    return Spans(fields["name"], fields["toname"], spanned, _types(learnt), others, is_pushable)


def why_none(config: LabelConfig) -> str:
    """Return why no spans of a label config can be learnt."""
    objects = config.objects()
    tags = [tag for tag in config.controls() if tag.kind in _ABOUT]
    reasons = [f"{tag.title} {why_not(tag, objects)}" for tag in tags]
    return "; ".join(reasons) or "it has no <Labels>, <HyperTextLabels> or <ParagraphLabels>"


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a control of spans can't be learnt, empty if it can."""
    fields = tag.attributes
    target = objects.get(fields.get("toname", ""))
    reasons = {
        "has no name": not fields.get("name"),
        "is about several objects": "," in fields.get("toname", ""),
        "has a toName that names no object": target is None,
        f"takes its labels from the tasks ({fields.get('value')}); "
        "only labels in the config are learnt": "$" in fields.get("value", ""),
        "offers no label": not _types(tag).names,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = why_unread(target)
        if not reason and target.kind != _ABOUT[tag.kind]:
            reason = f"is about {target.title}: its spans are of another kind"
    return reason


def _is_learnt(tag: Tag, objects: Mapping[str, Tag]) -> bool:
    return tag.kind in _ABOUT and not why_not(tag, objects)


def _types(control: Tag) -> Types:
    """Return what a control's `<Label>`s offer: a result has the alias where there is one."""
    labels = [tag.attributes for tag in control.walk() if tag.kind == "label"]
    saved = {one.get("value", ""): one.get("alias") or one.get("value", "") for one in labels}
    names = tuple(dict.fromkeys(name for name in saved.values() if name))
    return Types(names, {value: name for value, name in saved.items() if value})
