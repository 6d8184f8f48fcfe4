"""Show all that people want to know of a project: for its page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from labelloop.bucket.pointers import DatasetPointer
from labelloop.bucket.project import Project
from labelloop.bucket.spent import Spent
from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.insights import NEXT_LABELS
from labelloop.domain.judging.random_order import random_order
from labelloop.domain.judging.savings import Law
from labelloop.domain.judging.stopping import labels_to_stop
from labelloop.domain.prices import PRICES, work_cost
from labelloop.domain.serving.pace import Pace, pace
from labelloop.domain.serving.people import Person
from labelloop.errors import BadRecipe, NotFound
from labelloop.ports import ObjectStore
from labelloop.recipes import has_own
from labelloop.recipes.guard import within
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.list_history import list_history, list_switches
from labelloop.usecases.serving.no_model import WhyLacking
from labelloop.usecases.serving.served_control import served_control
from labelloop.usecases.serving.show_people import show_people

_OWN_S: Final = 10.0  # somebody waits


def show_project(
    key: str, store: ObjectStore, why_lacking: WhyLacking = lambda _: ""
) -> dict[str, Any]:
    """Return the status, the learning curve, labels to look at again, people, versions, switches,
    the pace of labelling and the cost of a project.

    `why_lacking`: as for `describe`. Raises NotFound for a project that nothing is stored for.
    """
    project = Project(store, key)
    if not project.exists():
        raise NotFound("project: unknown")
    with ThreadPoolExecutor() as readers:  # each waits for the store
        history = readers.submit(list_history, key, store)
        switches = readers.submit(list_switches, project)
        version, pointer = project.active_version(), project.dataset_pointer().value
        doubts = readers.submit(project.evidence.doubts, version)
        similar = readers.submit(project.evidence.alike, version)
        spent = [readers.submit(project.spent.read, work) for work in ("train", "rank")]
        status = describe(key, store, why_lacking)
    people, law = _of_dataset(store, key, pointer, version)
    is_served = status["no_model"] is None  # labels of another control are not asked any more
    now = datetime.now(UTC)
    return {
        "status": status,
        "random_order": _random_order(status["card"], law),
        "doubts": doubts.result() if is_served else [],
        "alike": similar.result() if is_served else [],
        "people": [asdict(one) for one in people],
        "pace": asdict(_pace(status, people, now)),
        "cost": _cost(f"{now:%Y-%m}", *(one.result() for one in spent)),
        "history": history.result(),
        "switches": switches.result(),
    }


@lru_cache(maxsize=32)
def _of_dataset(
    store: ObjectStore, key: str, pointer: DatasetPointer, version: str
) -> tuple[Sequence[Person], Law | None]:
    """Return what a snapshot and a version, which never change, say of people and of savings."""
    if not has_own():
        return _shown(store, key, pointer, version)
    try:
        with within(_OWN_S, "reading labels with a recipe of one's own"):
            return _shown(store, key, pointer, version)
    except BadRecipe:  # the status says why
        return [], None


def _shown(
    store: ObjectStore, key: str, pointer: DatasetPointer, version: str
) -> tuple[Sequence[Person], Law | None]:
    project = Project(store, key)
    dataset = project.dataset(pointer)
    card = project.card(version)
    control = served_control(project, dataset.label_config, card)
    people = show_people(project, dataset, card, control)
    return people, control.law if control else None


def _pace(status: Mapping[str, Any], people: Sequence[Person], now: datetime) -> Pace:
    """Return how fast people label, and for how long they have to go on like that."""
    days: Counter[str] = Counter()
    for person in people:
        days.update(person.days)
    pool, labelled = status["pool"]["tasks"], status["dataset"]["tasks"]
    left = pool - labelled if pool and pool >= labelled else None
    insights = status["card"]["insights"] if status["card"] else {}
    return pace(days, now.date(), _to_stop(insights, left), left)


def _to_stop(insights: Mapping[str, Any], left: int | None) -> int | None:
    """Return how many labels it takes until it may be advised to stop, None if nobody knows."""
    if insights.get("stopping", {}).get("stops"):
        return 0
    points = [CurvePoint(**point) for point in insights.get("curve", [])]
    if left is None or not points or not insights.get("gain"):
        return None
    return labels_to_stop(points, NEXT_LABELS, left)


def _cost(month: str, train: Spent, rank: Spent) -> dict[str, Any]:
    """Return what trainings and rankings cost in a month, in USD by list prices."""
    costs = {
        name: round(work_cost(one.gb_seconds, one.runs, one.processor), 6)
        for name, one in (("training", train), ("ranking", rank))
        if one.month == month
    }
    region = {"region": PRICES.region, "as_of": PRICES.as_of}
    return {"month": month, "usd": round(sum(costs.values()), 6), "of": costs, "prices": region}


def _random_order(card: Mapping[str, Any] | None, law: Law | None) -> list[dict[str, Any]]:
    """Return how many labels random order would have taken to points of the learning curve.

    Nothing where the card claims no saving: its labels are not in an active order, say.
    """
    insights = card["insights"] if card else {}
    saved = insights.get("saving")
    if not saved or law is None:
        return []
    points = [CurvePoint(**point) for point in insights.get("curve", [])]
    return [
        {**asdict(one), "labels": point.labels, "error": point.error}
        for point, one in random_order(points, saved.get("most", 0), law)
    ]
