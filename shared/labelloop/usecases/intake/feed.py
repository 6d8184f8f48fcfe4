"""Take in the tasks of a Label Studio that only the sender reaches, so that they can be ordered.

A page that is sent twice changes nothing the second time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event, Task
from labelloop.usecases.intake.accept import AcceptDeps, accept


@dataclass(frozen=True)
class FeedDeps:
    """What feeding needs from outside. `request_rank` asks for a new order of a project."""

    accepting: AcceptDeps
    request_rank: Callable[[str], None]


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
    deps.request_rank(key)
