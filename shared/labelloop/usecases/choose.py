"""Choose a project's options over the stack's settings."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from labelloop.domain.options import SCORE_NAMES, Options
from labelloop.errors import Conflict, Retryable, Unprocessable
from labelloop.ports import ObjectStore
from labelloop.project import Project

_ROUNDS: Final = 12


def choose(
    key: str,
    choices: Mapping[str, Any],
    store: ObjectStore,
    request_rank: Callable[[str], None] = lambda _: None,
) -> Options:
    """Store the choices that are an option's, leave the other options, and return all of them.

    None takes a choice back. Another score is another order, so a ranking is asked for.
    """
    known = {name: choices[name] for name in ("score", "delete_predictions") if name in choices}
    _check(known)
    project = Project(store, key)
    for _ in range(_ROUNDS):
        after = project.options()
        to = replace(after.value, **known)
        if to == after.value:
            return to
        try:
            project.set_options(after, to)
        except Conflict:
            continue
        if to.score != after.value.score:
            request_rank(key)
        return to
    raise Retryable(f"lost {_ROUNDS} races for the options")


def _check(choices: Mapping[str, Any]) -> None:
    if choices.get("score") not in (None, *SCORE_NAMES):
        raise Unprocessable(f"score: expected one of {', '.join(SCORE_NAMES)}")
    if choices.get("delete_predictions") not in (None, True, False):
        raise Unprocessable("delete_predictions: expected true or false")
