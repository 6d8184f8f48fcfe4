"""Take in the tasks of a Label Studio that only the sender reaches, so that they can be ordered.

A page that is sent twice changes nothing the second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event, Task
from labelloop.messages import RankWakeUp
from labelloop.ports import Queue
from labelloop.usecases.intake.accept import AcceptDeps, accept


@dataclass(frozen=True, kw_only=True)
class FeedDeps:
    """What feeding needs from outside, and what it accepts a label config with."""

    accepting: AcceptDeps
    rank_queue: Queue


def feed(key: str, tasks: Sequence[Task], deps: FeedDeps, config: Event | None) -> None:
    """Store a page of tasks. With the last one comes the label config: then the order is made."""
    project = Project(deps.accepting.store, key)
    project.pool.add_sent(tasks)
    if config is None:
        return
    known = project.dataset(project.dataset_pointer().value).label_config
    if config.label_config not in (None, known):
        accept(config, deps.accepting)
    project.pool.set_listed()
    deps.rank_queue.send(RankWakeUp(key), 0)
