"""Find the number of a label config that can be learnt, or say why there is none."""

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.numbers.control import NumberControl
from labelloop.recipes.numbers.scale import Scale
from labelloop.recipes.text.objects import KINDS, TextInput, why_unread

_CONTROLS = ("rating", "number")


def read(config: LabelConfig) -> NumberControl | None:
    """Return the first number that can be learnt, None if none can."""
    learnt = next((tag for tag in _numbers(config) if not why_not(tag, config)), None)
    scale = Scale.of(learnt) if learnt else None
    if learnt is None or scale is None:
        return None
    to_name = _target(learnt, config)
    others = (tag for tag in config.root.walk() if tag.is_control or tag.kind in _CONTROLS)
    return NumberControl(
        learnt.attributes["name"],
        to_name,
        learnt.kind,
        scale,
        scale.read(learnt.attributes.get("defaultvalue")),
        TextInput.about(to_name, config),
        tuple(tag.unlearnt for tag in others if tag is not learnt),
        "toName" in learnt.written,
    )


def why_none(config: LabelConfig) -> str:
    """Return why no number of a label config can be learnt."""
    reasons = [reason for tag in _numbers(config) if (reason := why_not(tag, config))]
    reasons += [
        f'{tag.title} is no tag that the editor knows; <Number slider="true"> is learnt'
        for tag in config.of_kind("slider")
    ]
    return "; ".join(reasons) or _nothing(config)


def why_not(tag: Tag, config: LabelConfig) -> str:
    """Return why a `<Rating>` or a `<Number>` can't be learnt, empty if it can."""
    fields, target = tag.attributes, config.objects().get(_target(tag, config))
    reasons = {
        "has no name": not fields.get("name"),
        "is asked of each region, not of the text": fields.get("perregion") == "true",
        "is asked of each item, not of the text": fields.get("peritem") == "true",
        "has no max, or no range of numbers from min to max": Scale.of(tag) is None,
        "is about several objects": "," in fields.get("toname", ""),
        "has no toName, and there is not one object alone": not _target(tag, config),
        "has a toName that names no object": target is None,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = why_unread(target)
    return f"{tag.title} {reason}" if reason else ""


def _numbers(config: LabelConfig) -> list[Tag]:
    return [tag for tag in config.root.walk() if tag.kind in _CONTROLS]


def _target(tag: Tag, config: LabelConfig) -> str:
    """Return the name of the object that a control is about.

    A control may name none, as in Label Studio's own template for assessing chatbots: then the
    editor takes the only object.
    """
    named = tag.attributes.get("toname", "")
    if named:
        return named
    names = [name for name, one in config.objects().items() if one.kind in KINDS]
    return names[0] if len(names) == 1 else ""


def _nothing(config: LabelConfig) -> str:
    titles = ", ".join(tag.title for tag in config.controls()) or "no control"
    return f"{titles}; only a <Rating> or a <Number> about a text is learnt"
