"""A version's card in words that a team lead reads without a manual.

Cards of earlier releases are read, too: what they lack is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from labelloop.domain.judging.curve import counted
from labelloop.domain.judging.savings import FOLLOWED

_WELL_KNOWN: Final = 30  # random labels: with fewer the range spans a quarter of the scale
_WIDE: Final = 0.2  # of a range: from here on it is said how many labels it is by
_CLASSES_NAMED: Final = 5
_SHARE: Final = "labels of the random share"
_ALL_TUNED: Final = "that the encoder was not tuned to"


def lines(insights: Mapping[str, Any], labels: int) -> list[str]:
    """Return accuracy, labels saved, classes, whether to go on, and what may be accepted.

    Of kinds for which no law of savings is known nothing is said of labels saved.
    """
    has_law = insights.get("has_law", True)  # an earlier release's versions don't say
    return [
        f"{_title(insights)}: {accuracy(insights['random_share'], insights.get('tuned', 0))}",
        *_tuned(insights, labels),
        *_assisted(insights),
        *([f"labels saved: {_saved(insights['saving'], labels)}"] if has_law else []),
        *_classes(insights.get("by_class", {})),
        _go_on(insights),
        f"accepting predictions unseen: {_accepted(insights['accept'])}",
    ]


def in_short(insights: Mapping[str, Any], labels: int) -> str:
    """Return a version's numbers in five short sentences, those that are known."""
    share, saving, gain = insights["random_share"], insights["saving"], insights["gain"]
    texts = [f"{labels} {'label' if labels == 1 else 'labels'}"]
    texts.append(f"{capitalised(_title(insights))} {_in_short(share)}")
    if saving:
        word = "at least" if saving["random_order"] == FOLLOWED else "about"
        texts.append(f"Saved {word} {saving['random_order'] - labels}")
    if gain:
        texts.append(f"{gain['labels']} more: {100 * gain['value']:+.1f} points")
    texts.append("You may stop" if insights["stopping"]["stops"] else "Go on labelling")
    return "".join(f"{text}. " for text in texts).strip()


def capitalised(text: str) -> str:
    """Return a text with a capital at its beginning; what else is capital stays."""
    return text[:1].upper() + text[1:]


def _in_short(share: Mapping[str, Any]) -> str:
    if not share["rows"]:
        return "not known yet"
    if share["rows"] < _WELL_KNOWN:
        return f"{share['low']:.0%} to {share['high']:.0%} ({_by(share)})"
    off = max(share["high"] - share["value"], share["value"] - share["low"])
    by = f", {_by(share)}" if share["high"] - share["low"] > _WIDE else ""
    return f"{share['value']:.0%} (±{100 * off:.0f}{by})"


def _by(share: Mapping[str, Any]) -> str:
    """Return how many labels an accuracy is by, where these are so few that it is hardly known.

    The learning curve says more there, as it is partly by the model's own account.
    """
    rows = share["rows"]
    return f"by {rows} random {'label' if rows == 1 else 'labels'} so far"


def _title(insights: Mapping[str, Any]) -> str:
    """Return what the mean of hits is called, accuracy on earlier cards."""
    return str(insights.get("title", "accuracy"))


def _assisted(insights: Mapping[str, Any]) -> list[str]:
    """Return a caution if labels were given beside a suggestion; always for earlier cards."""
    rows = insights["random_share"]["rows"]
    assisted = insights.get("assisted", rows)
    if not assisted:
        return []
    return [
        f"{assisted} of {rows} random labels were given where a suggestion was shown:"
        f" people follow it, so the {_title(insights)} may look better than it is"
    ]


def _tuned(insights: Mapping[str, Any], labels: int) -> list[str]:
    """Return how many labels are no evidence, if the encoder was tuned to any."""
    tuned = insights.get("tuned", 0)
    if not tuned:
        return []
    return [
        f"{tuned} of {labels} labels are not counted, nor doubted by the model: the encoder was "
        "tuned to them, so it knows them; versions learn from them all the same"
    ]


def accuracy(share: Mapping[str, Any], tuned: int = 0) -> str:
    """Return an accuracy with its range, the labels it was measured on, and what is needed.

    `tuned`: how many labels the encoder was tuned to.
    """
    rows = share["rows"]
    if not rows:
        none = f"none {_ALL_TUNED}" if tuned else "none"
        return (
            f"not known yet: it is measured on {_SHARE} (a tenth of the queue), and there are "
            f"{none}"
        )
    measured = f"{share['value']:.0%}, {_between(share)} (measured on {rows} {_SHARE})"
    if rows >= _WELL_KNOWN:
        return measured
    return f"{measured}; {_WELL_KNOWN - rows} more will narrow that down"


def brief_accuracy(share: Mapping[str, Any]) -> str:
    """Return an accuracy and its range for a table."""
    if not share.get("rows"):
        return "not known"
    return f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})"


def _between(share: Mapping[str, Any]) -> str:
    return f"with 90% certainty between {share['low']:.0%} and {share['high']:.0%}"


def _saved(saving: dict[str, int] | None, labels: int) -> str:
    if not saving:
        return "not known yet: it takes about 60 labels given in Labelloop's order"
    most = saving.get("most", FOLLOWED)
    end = f"{most} or more" if most == FOLLOWED else f"all {most}"
    value, low, high = (
        end if saving[name] == most else str(saving[name])
        for name in ("random_order", "low", "high")
    )
    reached = value if low == end else f"about {value} ({low} to {high})"
    return f"these {labels} labels teach what {reached} would in random order"


def _classes(by_class: Mapping[str, Any]) -> list[str]:
    """Return the classes with labels in the random share, those with the least recall first."""
    recalls = {name: c["recall"] for name, c in by_class.items() if c["recall"]["rows"]}
    if not recalls:
        return []
    weakest = sorted(recalls, key=lambda name: (recalls[name]["value"], name))
    named = [f"{name} {_recall(recalls[name])}" for name in weakest[:_CLASSES_NAMED]]
    more = len(by_class) - len(named)
    rest = f"; {more} more" if more else ""
    return [f"classes, the weakest first: {', '.join(named)}{rest}"]


def _recall(recall: Mapping[str, Any]) -> str:
    rows = recall["rows"]
    return f"{recall['value']:.0%} found ({round(recall['value'] * rows)} of {rows})"


def _go_on(insights: Mapping[str, Any]) -> str:
    stopping, gain = insights["stopping"], insights["gain"]
    if stopping["stops"]:
        return f"labelling can stop: {stopping['reason']}"
    if not gain:
        first = f"{_SHARE} {_ALL_TUNED}" if insights.get("tuned") else _SHARE
        return f"go on labelling: when to stop is not known before the first {first}"
    points, low, high = (100 * gain[name] for name in ("value", "low", "high"))
    is_ = "is" if gain["labels"] == 1 else "are"
    return (
        f"go on labelling: the next {counted(gain['labels'])} {is_} expected to add {points:.1f} "
        f"points of {_title(insights)} ({low:.1f} to {high:.1f})"
    )


def _accepted(accept: Mapping[str, Any]) -> str:
    if accept["threshold"] is None:
        return f"not yet: {accept['why']}"
    wanted = accept.get("wanted", accept["precision"]["low"])
    coverage = accept["coverage"]
    share = "" if coverage is None else f"; that covers {coverage:.0%} of the unlabelled tasks"
    least = f"{accept['threshold']:.2f}"
    return f"at a confidence of {least} or more, {wanted:.0%} or more are right{share}"
