"""Find the choice of several of a label config that can be learnt, or say why there is none."""

from collections.abc import Mapping
from typing import Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.several_choices.boxes import Boxes
from labelloop.recipes.several_choices.control import SeveralChoices
from labelloop.recipes.text.objects import TextInput, why_unread

# Of a tag, or of one around it: the editor may not show it, so no answer does not mean none.
_MAY_BE_HIDDEN: Final = {"visiblewhen", "whentagname", "whenchoicevalue", "whenlabelvalue"}


def read(config: LabelConfig) -> SeveralChoices | None:
    """Return the first choice of several that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in _several(config) if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    fields = learnt.attributes
    boxes = Boxes.read(learnt)
    return SeveralChoices(
        fields["name"],
        fields["toname"],
        TextInput.about(fields["toname"], config),
        boxes,
        tuple(tag.unlearnt for tag in config.controls() if tag is not learnt),
        is_pushable="toName" in learnt.written and not boxes.choices.is_nested,
        may_be_empty=_may_be_empty(learnt, config),
    )


def why_none(config: LabelConfig) -> str:
    """Return why no choice of several can be learnt; empty if there is none."""
    objects = config.objects()
    return "; ".join(why_not(tag, objects) for tag in _several(config))


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a `<Choices choice="multiple">` can't be learnt, empty if it can."""
    fields = tag.attributes
    target = objects.get(fields.get("toname", ""))
    reasons = {
        "has no name": not fields.get("name"),
        "is asked of each region, not of the text": fields.get("perregion") == "true",
        "is asked of each item, not of the text": fields.get("peritem") == "true",
        f"takes its choices from the tasks ({fields.get('value')}); "
        "only choices in the config are learnt": "$" in fields.get("value", ""),
        "offers no choice": not Boxes.read(tag).labels,
        "is about several objects": "," in fields.get("toname", ""),
        "has a toName that names no object": target is None,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = why_unread(target)
    return f"{tag.title} {reason}" if reason else ""


def _several(config: LabelConfig) -> list[Tag]:
    tags = config.of_kind("choices")
    return [tag for tag in tags if tag.attributes.get("choice") == "multiple"]


def _may_be_empty(control: Tag, config: LabelConfig) -> bool:
    """Say whether a submit with no box ticked is an answer: the editor lets it pass, and shows all.

    What hides a tag hides those within it.
    """
    around = [tag for tag in config.root.walk() if any(one is control for one in tag.walk())]
    is_always_shown = not any(_MAY_BE_HIDDEN & set(tag.attributes) for tag in around)
    return is_always_shown and control.attributes.get("required") != "true"
