"""Find the candidates of a label config that can be learnt, or say why there are none."""

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.candidates.control import Candidates
from labelloop.recipes.candidates.offers import BUCKETS, CHOICE, ORDER, UNSORTED
from labelloop.recipes.text.field_text import FieldText
from labelloop.recipes.text.objects import TextInput, TextObject, why_unread


def read(config: LabelConfig) -> Candidates | None:
    """Return the first control of candidates that can be learnt, None if none can."""
    tags = _tags(config)
    learnt = next((tag for tag in tags if not why_not(tag, config)), None)
    if learnt is None:
        return None
    fields, target = learnt.attributes, config.objects()[learnt.attributes["toname"]]
    is_ranker = learnt.kind == "ranker"
    buckets = tuple(_buckets(learnt))
    form = CHOICE if not is_ranker else BUCKETS if buckets else ORDER
    own = [target] if is_ranker else []
    beside = [tag for tag in config.root.walk() if tag not in own and not tag.is_control]
    shown = tuple(TextObject.read(tag) for tag in beside if not why_unread(tag))
    return Candidates(
        fields["name"],
        fields["toname"],
        FieldText((target if is_ranker else learnt).attributes["value"].strip()),
        form,
        TextInput(shown) if shown else None,
        (*buckets, UNSORTED) if buckets else (),
        tuple(tag.unlearnt for tag in config.controls() if tag is not learnt),
        "toName" in learnt.written,
    )


def why_none(config: LabelConfig) -> str:
    """Return why no candidates of a label config can be learnt."""
    reasons = [why_not(tag, config) for tag in _tags(config)]
    return "; ".join(filter(None, reasons)) or "no <Ranker>, and no <Choices> of the task's own"


def why_not(tag: Tag, config: LabelConfig) -> str:
    """Return why a control of candidates can't be learnt, empty if it can."""
    fields = tag.attributes
    target = config.objects().get(fields.get("toname", ""))
    is_ranker = tag.kind == "ranker"
    source = (target.attributes if is_ranker and target else fields).get("value", "").strip()
    reasons = {
        "has no name": not fields.get("name"),
        "has a toName that names no object": target is None,
        "is not about a <List>": is_ranker and target is not None and target.kind != "list",
        "takes its candidates from no field of the task": not source.startswith("$"),
        "allows several choices; only a single one is learnt": not is_ranker
        and not fields.get("choice", "single").startswith("single"),
        "has nested choices": fields.get("allownested") == "true",
        "is asked of each region or item": "true"
        in (fields.get("perregion"), fields.get("peritem")),
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    return f"{tag.title} {reason}" if reason else ""


def _tags(config: LabelConfig) -> list[Tag]:
    rankers = config.of_kind("ranker")
    choices = config.of_kind("choices")
    return rankers + [tag for tag in choices if "$" in tag.attributes.get("value", "")]


def _buckets(tag: Tag) -> list[str]:
    names = (each.attributes.get("name", "") for each in tag.walk() if each.kind == "bucket")
    return [name for name in names if name]
