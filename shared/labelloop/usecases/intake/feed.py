"""Take in tasks of a Label Studio that only their sender can reach, so that they are ordered.

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
    """What feeding needs from outside; `accepting` takes the label config."""

    accepting: AcceptDeps
    rank_queue: Queue


def feed(key: str, tasks: Sequence[Task], deps: FeedDeps, config: Event | None) -> None:
    """Store a page of tasks. The last one comes with the label config: then the order is made."""
    project = Project(deps.accepting.store, key)
    project.pool.add_sent(tasks)
    if config is None:
        return
    current = project.dataset(project.dataset_pointer().value).label_config
    if config.label_config not in (None, current):
        accept(config, deps.accepting)
    project.pool.set_listed()
    deps.rank_queue.send(RankWakeUp(key), 0)
