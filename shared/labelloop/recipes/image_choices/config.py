"""Find the choice of a label config that is about an image, or say why there is none."""

from collections.abc import Mapping

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.image_choices.control import ImageChoices
from labelloop.recipes.image_choices.shown import ImageInput, why_unread
from labelloop.recipes.text_choices.offered import read_offered


def read(config: LabelConfig) -> ImageChoices | None:
    """Return the first choice that can be learnt, None if none can."""
    objects = config.objects()
    learnt = next((tag for tag in config.of_kind("choices") if not why_not(tag, objects)), None)
    if learnt is None:
        return None
    fields, offered = learnt.attributes, read_offered(learnt)
    return ImageChoices(
        fields["name"],
        fields["toname"],
        ImageInput.about(fields["toname"], config),
        offered,
        others=tuple(tag.unlearnt for tag in config.controls() if tag is not learnt),
        is_pushable="toName" in learnt.written and not offered.is_nested,
    )


def why_none(config: LabelConfig) -> str:
    """Return why no choice of a label config can be learnt; empty if it shows no image."""
    objects, images = config.objects(), config.of_kind("image")
    names = {tag.attributes.get("name", "") for tag in images}
    about = [tag for tag in config.of_kind("choices") if tag.attributes.get("toname") in names]
    reasons = [reason for tag in about if (reason := why_not(tag, objects))]
    return "; ".join(reasons) or ("no <Choices> is about an <Image>" if images else "")


def why_not(tag: Tag, objects: Mapping[str, Tag]) -> str:
    """Return why a `<Choices>` can't be learnt, empty if it can."""
    fields = tag.attributes
    target = objects.get(fields.get("toname", ""))
    is_single = fields.get("choice", "single").startswith("single")
    reasons = {
        "has no name": not fields.get("name"),
        "allows several choices; of images only a single choice is learnt": not is_single,
        "is asked of each region, not of the image": fields.get("perregion") == "true",
        "is asked of each item, not of the image": fields.get("peritem") == "true",
        f"takes its choices from the tasks ({fields.get('value')}); "
        "only choices in the config are learnt": "$" in fields.get("value", ""),
        "offers fewer than two choices": len(read_offered(tag).labels) < 2,
        "is about several objects": "," in fields.get("toname", ""),
        "has a toName that names no object": target is None,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if not reason and target is not None:
        reason = why_unread(target)
    return f"{tag.title} {reason}" if reason else ""
