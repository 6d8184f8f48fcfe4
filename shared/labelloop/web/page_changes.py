"""What people can change on a project's page: by its key, a version's name, and who asks."""

from collections.abc import Callable, Mapping
from typing import Final

from labelloop.bootstrap import activate_deps, pin_deps, queue, rank_queue
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.serving.activate import activate, roll_back
from labelloop.usecases.serving.pin import pin, unpin


def _train(key: str, _: str, __: str) -> None:
    queue().send(WakeUp(key, "start_training"), 0)


def _rank(key: str, _: str, __: str) -> None:
    rank_queue().send(RankWakeUp(key), 0)
    rank_queue().send(RankWakeUp(key, "survey"), 0)


def _activate(key: str, version: str, by: str) -> None:
    activate(key, version, activate_deps(), by)


def _roll_back(key: str, _: str, by: str) -> None:
    roll_back(key, activate_deps(), by)


def _pin(key: str, _: str, by: str) -> None:
    pin(key, pin_deps(), by)


def _unpin(key: str, _: str, by: str) -> None:
    unpin(key, pin_deps(), by)


ACTIONS: Final[Mapping[str, Callable[[str, str, str], None]]] = {
    "activate": _activate,
    "rollback": _roll_back,
    "pin": _pin,
    "unpin": _unpin,
    "train": _train,
    "rank": _rank,
}
