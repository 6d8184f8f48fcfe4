"""Does the encoder know the language of a project's tasks? By their letters, before any label."""

from typing import Any, Final

from labelloop.cli.session import Session
from labelloop.domain.judging.vectors_gain import BUILT_IN, foreign_script, of_script
from labelloop.recipes import control_or_none

_LOOKED_AT: Final = 50  # tasks


def unknown_language(session: Session) -> tuple[str, str] | None:
    """Return in words that the built-in encoder can't know a project's texts, and what to do.

    None where another encoder is in use or none is, and where most letters are Latin ones.
    """
    status = session.backend.get("/status", project=session.key)
    card = status["card"] or {"encoder": f"{BUILT_IN}-"}  # before the first version
    in_use = status["options"]["encoder"] or card["encoder"].rpartition("-")[0]
    control = control_or_none(session.project["label_config"])
    if in_use != BUILT_IN or control is None:
        return None
    tasks = next(iter(session.studio.api.tasks(session.project_id)), [])[:_LOOKED_AT]
    script = foreign_script([text_of(control.input_of(task["data"])) for task in tasks])
    return of_script(script) if script else None


def text_of(input_: Any) -> str:
    """Return the texts that an input is made of, whatever the kind of labelling; "" for none."""
    if isinstance(input_, str):
        return input_
    is_row = isinstance(input_, list | tuple)
    parts = input_.values() if isinstance(input_, dict) else input_ if is_row else ()
    return " ".join(map(text_of, parts))
