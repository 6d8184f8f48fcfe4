"""Two projects with the same documents, labelled side by side: model's order and random order."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial

from labelloop.local.annotator import DemoTask
from labelloop.local.backend import DemoBackend
from labelloop.local.campaign import POLL_S, Campaign, Curve, Truth
from labelloop.local.progress import Display
from labelloop.local.project import DemoProject
from labelloop.local.reuters import DataSet

ORDERS = ["active", "random"]
IDS_PER_PROJECT = 1_000_000  # task ids are unique across all projects of a Label Studio


def label_side_by_side(
    data: DataSet,
    rounds: Sequence[int],
    backend: DemoBackend,
    display: Display,
    poll_s: float = POLL_S,
) -> dict[str, Curve]:
    """Return the learning curve of each order, or raise the first error."""
    stop = threading.Event()
    backend.check_health()
    with ThreadPoolExecutor(max_workers=len(ORDERS)) as threads:
        try:
            both = {name: campaign(name, data, backend, display, stop) for name in ORDERS}
            curves = {
                name: threads.submit(_curve, replace(one, poll_s=poll_s), rounds, name, display)
                for name, one in both.items()
            }
            _raise_first_failure(curves.values())
            return {name: curve.result() for name, curve in curves.items()}
        finally:
            stop.set()


def campaign(
    order: str, data: DataSet, backend: DemoBackend, display: Display, stop: threading.Event
) -> Campaign:
    """Return the campaign of a new project with all documents, to be labelled in an order."""
    number = 1 + ORDERS.index(order)
    tasks, truth = _tasks(number * IDS_PER_PROJECT, data)
    return Campaign(
        backend,
        DemoProject(number, f"Demo, {order} order", data.labels, len(data.pool)),
        pool=tasks[: len(data.pool)],
        held_out=tasks[len(data.pool) :],
        truth=truth,
        by_score=order == "active",
        report=partial(display.doing, order),
        is_stopped=stop.is_set,
    )


def _curve(campaign: Campaign, rounds: Sequence[int], name: str, display: Display) -> Curve:
    curve = []
    for point in campaign.rounds(rounds):
        display.measured(name, point)
        curve.append(point)
    display.doing(name, campaign.labelled, "done")
    return curve


def _raise_first_failure(curves: Collection[Future[Curve]]) -> None:
    done, _ = wait(curves, return_when=FIRST_EXCEPTION)
    for curve in done:
        curve.result()


def _tasks(first_id: int, data: DataSet) -> tuple[list[DemoTask], Truth]:
    """Return the pool's tasks, then the held-out ones, and the right label of each."""
    documents = data.pool + data.held_out
    tasks = [
        DemoTask(id=first_id + place, inner_id=place, text=document.text)
        for place, document in enumerate(documents, start=1)
    ]
    return tasks, {task.id: doc.label for task, doc in zip(tasks, documents, strict=True)}
