"""Show all that people want to know of a project: for its page."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from labelloop.bucket.pointers import DatasetPointer
from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.random_order import random_order
from labelloop.domain.judging.savings import Law
from labelloop.domain.serving.people import Person
from labelloop.errors import BadRecipe, NotFound
from labelloop.ports import ObjectStore
from labelloop.recipes import control_or_none, has_own, name_of
from labelloop.recipes.guard import within
from labelloop.recipes.protocol import Control
from labelloop.recipes.signature import is_of
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.list_history import list_history, list_switches
from labelloop.usecases.serving.show_people import show_people

_OWN_S: Final = 10.0  # somebody waits


def show_project(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the status, the learning curve, doubts, people, versions and switches of a project.

    Raises NotFound for a project that nothing is stored for.
    """
    project = Project(store, key)
    if not project.exists():
        raise NotFound("project: unknown")
    with ThreadPoolExecutor() as readers:  # each waits for the store
        history = readers.submit(list_history, key, store)
        switches = readers.submit(list_switches, project)
        version, pointer = project.active_version(), project.dataset_pointer().value
        doubts = readers.submit(project.evidence.doubts, version)
        status = describe(key, store)
    people, law = _of_dataset(store, key, pointer, version)
    is_served = status["no_model"] is None  # labels of another control are not asked any more
    return {
        "status": status,
        "random_order": _random_order(status["card"], law),
        "doubts": doubts.result() if is_served else [],
        "people": [asdict(one) for one in people],
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
    control = _control(dataset.label_config, card, project.signature(card)) if card else None
    people = show_people(project, dataset, card, control)
    return people, control.law if control else None


def _control(label_config: str | None, card: Card, signature: str) -> Control | None:
    """Return the control that a version answers, None if the label config asks another one."""
    control = control_or_none(label_config, name_of(card.recipe), signature)
    if control is None or control.recipe != name_of(card.recipe):
        return None
    return control if is_of(signature, control) else None


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
