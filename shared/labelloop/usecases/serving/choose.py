"""Choose a project's options over the stack's settings."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from labelloop.bucket.pointers import Tagged
from labelloop.bucket.project import Project
from labelloop.bucket.races import swapped
from labelloop.domain.serving.options import ENCODER_NAME, STRATEGY_NAMES, Options
from labelloop.errors import BadModel, NotFound, Unavailable, Unprocessable
from labelloop.messages import WakeUp
from labelloop.ports import ObjectStore, Queue

_NAMES: Final = ("strategy", "delete_predictions", "encoder")


@dataclass(frozen=True, kw_only=True)
class ChooseDeps:
    """What choosing needs from outside."""

    store: ObjectStore
    train_queue: Queue
    demand_encoder: Callable[[str], object] | None = None  # raises BadModel if it is not here


def choose(key: str, choices: Mapping[str, Any], deps: ChooseDeps) -> Options:
    """Store the options that `choices` names, leave the others, and return all of them.

    None takes a choice back. Another strategy is another order, and so another version: the trainer
    is woken to make it, as for another encoder. If that wake-up is lost, the sweep sends another.
    """
    options = {name: choices[name] for name in _NAMES if name in choices}
    _check(options)
    _check_encoder(options.get("encoder"), deps)
    project = Project(deps.store, key)

    def chosen(after: Tagged[Options]) -> Options | None:
        to = replace(after.value, **options)
        if to == after.value:
            return None
        return replace(to, revision=to.revision + (to.strategy != after.value.strategy))

    swap = swapped(project.options, chosen, project.set_options, "the options")
    before = swap.after.value
    now = swap.to or before
    if (now.strategy, now.encoder) != (before.strategy, before.encoder):
        with suppress(Unavailable):
            deps.train_queue.send(WakeUp(key, "options"), 0)
    return now


def _check_encoder(name: Any, deps: ChooseDeps) -> None:
    if name is None:
        return
    if not isinstance(name, str) or not re.search(ENCODER_NAME, name):
        raise Unprocessable("encoder: expected the name of one, in lower case")
    if deps.demand_encoder is None:
        raise Unprocessable("encoder: can't be chosen here")
    try:
        deps.demand_encoder(name)
    except BadModel as exc:
        raise NotFound(str(exc), exc.fix) from None


def _check(choices: Mapping[str, Any]) -> None:
    if choices.get("strategy") not in (None, *STRATEGY_NAMES):
        raise Unprocessable(f"strategy: expected one of {', '.join(STRATEGY_NAMES)}")
    if choices.get("delete_predictions") not in (None, True, False):
        raise Unprocessable("delete_predictions: expected true or false")
