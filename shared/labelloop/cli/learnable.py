"""Whether a label config can be learnt, and which control is learnt, in words."""

from labelloop.domain.serving.in_words import described, plain
from labelloop.errors import Unprocessable
from labelloop.recipes import control_of, why_order_alone


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
