"""Find the comparison of two texts in a label config, or say why there is none."""

from collections.abc import Mapping

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.pairs.control import Pairs
from labelloop.recipes.pairs.question import question_of
from labelloop.recipes.text.objects import TextInput, TextObject, why_unread


def read(config: LabelConfig) -> Pairs | None:
    """Return the first comparison that can be learnt, None if none can."""
    objects = config.objects()
    tags = config.of_kind("pairwise")
    learnt = next((tag for tag in tags if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    sides = [objects[name] for name in _sides(learnt)]
    beside = [tag for tag in config.root.walk() if tag not in sides and not tag.is_control]
    shown = tuple(TextObject.read(tag) for tag in beside if not why_unread(tag))
    others = tuple(tag.unlearnt for tag in config.controls() if tag is not learnt)
    left, right = (TextObject.read(tag) for tag in sides)
    return Pairs(
        learnt.attributes["name"],
        sides[0].attributes["name"],
        (left, right),
        TextInput(shown) if shown else None,
        question_of(config),
        others,
        "toName" in learnt.written,
    )


def why_none(config: LabelConfig) -> str:
    """Return why no comparison of a label config can be learnt."""
    objects = config.objects()
    reasons = [why_not(tag, objects) for tag in config.of_kind("pairwise")]
    return "; ".join(filter(None, reasons)) or "no <Pairwise> between two texts"


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a `<Pairwise>` can't be learnt, empty if it can."""
    sides = _sides(tag)
    if not tag.attributes.get("name"):
        return f"{tag.title} has no name"
    if len(sides) != 2:
        return f"{tag.title} is not about two objects"
    if not set(sides) <= set(objects):
        return f"{tag.title} has a toName that names no object"
    reason = next(filter(None, (why_unread(objects[name]) for name in sides)), "")
    return f"{tag.title} {reason}" if reason else ""


def _sides(tag: Tag) -> list[str]:
    names = tag.attributes.get("toname", "").split(",")
    return [name for each in names if (name := each.strip())]
