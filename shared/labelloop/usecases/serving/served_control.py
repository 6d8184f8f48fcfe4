"""The control that a version answers, by the snapshot that people's labels are in."""

from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.recipes import control_or_none, name_of
from labelloop.recipes.protocol import Control
from labelloop.recipes.signature import is_of


def served_control(project: Project, label_config: str | None, card: Card | None) -> Control | None:
    """Return the control that a version answers, None if the label config asks another one."""
    if card is None:
        return None
    signature = project.signature(card)
    control = control_or_none(label_config, name_of(card.recipe), signature)
    if control is None or control.recipe != name_of(card.recipe):
        return None
    return control if is_of(signature, control) else None
