"""What Labelloop makes of a project's label config, in words."""

from typing import Final

from labelloop.errors import Unprocessable
from labelloop.recipes import control_of

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
    """Return which control of a config that can be learnt that is, and which others are not."""
    about = control_of(label_config).about()
    return described(about["choice"], about["text"], about["others"])


def described(choice: str, text: str, others: list[str]) -> str:
    """Return in words which control is learnt."""
    rest = f"; not learnt: {', '.join(others)}" if others else ""
    return f"the choice {choice!r} about {text}{rest}"


def plain(reason: str) -> str:
    """Return a reason without the name of the field that the API gives it under."""
    return reason.removeprefix("label_config: ")
