"""Does the encoder know the language of a project's tasks? By their letters, before any label."""

from collections.abc import Mapping
from typing import Any, Final

from labelloop.adapters.encoder_files import base_of
from labelloop.cli.session import Session
from labelloop.domain.judging.vectors_gain import BUILT_IN, foreign_script, of_script
from labelloop.recipes import control_or_none
from labelloop.recipes.text.seen import texts_in

_LOOKED_AT: Final = 50  # tasks


def unknown_language(session: Session, status: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return in words that the built-in encoder can't know a project's texts, and what to do.

    `status`: the project's. None where another encoder is in use or none is, and where most letters
    are Latin ones.
    """
    card = status["card"] or {"encoder": f"{BUILT_IN}-"}  # before the first version
    in_use = status["options"]["encoder"] or base_of(card["encoder"])
    control = control_or_none(session.project["label_config"])
    if in_use != BUILT_IN or control is None:
        return None
    tasks = next(iter(session.studio.api.tasks(session.project_id)), [])[:_LOOKED_AT]
    texts = [text for task in tasks for text in texts_in(control.input_of(task["data"]))]
    script = foreign_script(texts)
    return of_script(script) if script else None
