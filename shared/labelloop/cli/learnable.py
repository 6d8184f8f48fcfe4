"""Whether a label config can be learnt, and which control is learnt, in words."""

from typing import Final

from labelloop.errors import Unprocessable
from labelloop.recipes import control_of, why_order_alone

CHANGE_CONFIG: Final = (
    "change it under Settings > Labeling Interface: one <Choices> with a single choice, about a "
    "<Text> that holds the text itself; labels that are there already count"
)


def why_unlearnable(label_config: str) -> str:
    """Return why a label config can't be learnt, empty if it can."""
    try:
        control_of(label_config)
    except Unprocessable as exc:
        return plain(str(exc))
    return ""


def what_is_learnt(label_config: str) -> str:
    """Return in words which control of a config is learnt; the config must be learnable."""
    about = control_of(label_config).about()
    if why := why_order_alone(label_config):
        return f"nothing: tasks are ordered by {about['text']}, and not predicted: {why}"
    return described(about["choice"], about["text"], about["others"])


def described(choice: str, text: str, others: list[str]) -> str:
    """Return in words which control is learnt, and which others are not."""
    rest = f"; not learnt: {', '.join(others)}" if others else ""
    return f"the choice {choice!r} about {text}{rest}"


def plain(reason: str) -> str:
    """Return a reason without the API's prefix, the name of the field."""
    return reason.removeprefix("label_config: ")
