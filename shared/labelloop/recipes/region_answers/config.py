"""Find the control of a label config that is asked of each region, or say why it is not learnt."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeIs

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.visibility import RegionCondition, conditions, region_conditions
from labelloop.recipes import recipe_named
from labelloop.recipes.fetched import FetchedTexts, as_texts
from labelloop.recipes.region_answers.control import INNER, RegionAnswers
from labelloop.recipes.spans.control import Spans

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control


def about_regions(
    config: LabelConfig, tag: Tag, learnt: "Mapping[str, Control]"
) -> RegionAnswers | str:
    """Return the control of a tag, or the tag's name and why its answers are not learnt.

    `learnt`: the controls about the task, by name; one of spans among them marks the regions.
    """
    name, asked = tag.attributes.get("name", ""), region_conditions(config).get
    spans = _spans_of(tag, asked(name, ()), learnt)
    inner = _inner_of(config, tag)
    reasons = {
        "no control marks its regions that predicts spans of a text": not spans,
        "more than one control marks its regions; whenTagName names one": len(spans) > 1,
        "it is shown by what another one says of the region": _hangs_on_regions(config, tag),
        "such answers are not learnt": inner is None,
    }
    why = next((why for why, is_so in reasons.items() if is_so), "")
    if why or inner is None:
        return f"{tag.title} (asked of each region; {why})"
    return RegionAnswers(name, spans[0], inner, _types(spans[0], asked(name, ())))


def _spans_of(
    tag: Tag, asked: tuple[RegionCondition, ...], learnt: "Mapping[str, Control]"
) -> list[Spans]:
    """Return the controls of spans that mark the regions which a control is asked of."""
    named = {one.control for one in asked} - {""}
    about = tag.attributes.get("toname", "")
    return [
        one
        for name, one in learnt.items()
        if _is_spans(one) and one.to_name == about and named <= {name}
    ]


def _is_spans(control: Any) -> TypeIs[Spans]:
    """Say whether a control predicts spans, of texts that are fetched, too."""
    is_fetched = isinstance(control, FetchedTexts)
    return isinstance(control.control if is_fetched else control, Spans)


def _types(spans: Spans, asked: tuple[RegionCondition, ...]) -> frozenset[str] | None:
    """Return the types of regions that a control is asked of, None for all."""
    types: frozenset[str] | None = None
    for one in asked:
        if one.labels:
            own = frozenset(kind for each in one.labels if (kind := spans.types.of(each)))
            types = own if types is None else types & own
    return types


def _hangs_on_regions(config: LabelConfig, tag: Tag) -> bool:
    """Say whether a control is shown by what another one says of the region, or by what else."""
    of_regions = region_conditions(config)
    shown_by = conditions(config).get(tag.attributes.get("name", ""), ())
    others = {"", "region-selected", "choice-selected"}
    return tag.attributes.get("visiblewhen", "") not in others or any(
        one.other in of_regions for one in shown_by
    )


def _inner_of(config: LabelConfig, tag: Tag) -> "Control | None":
    """Return the control that the tag would be if it were asked of the text."""
    alone = as_texts(config.asked_once(tag))
    found = (recipe_named(name).read(alone) for name in INNER)
    return next((one for one in found if one is not None), None)
