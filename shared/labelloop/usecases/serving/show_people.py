"""Show who labelled how much, how fast, and how far they agree with the model and each other."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.answers import Label
from labelloop.domain.intake.events import Annotation, canonical
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.learning.examples import labels_of
from labelloop.domain.ordering.random_share import is_random
from labelloop.domain.serving.people import Agreement, Person, people
from labelloop.recipes.protocol import Control

type Given = Sequence[tuple[Annotation, Label]]
"""Annotations and their labels; those without one are left out."""

_LEAST_SHARED: Final = 5  # tasks that somebody labelled, and others too
_MOST_SHARED: Final = 2_000


@dataclass(frozen=True, slots=True)
class BlindHit:
    """How far the model agrees, 0 to 1, with a label that was given without a suggestion."""

    annotation: Annotation
    hit: float


def show_people(
    project: Project, dataset: Dataset, card: Card | None, control: Control | None
) -> list[Person]:
    """Return the annotators of a project, those with the most labels first.

    They are compared with the model on labels of the random share that were given without a
    suggestion, by answers of models that have not learnt them; and with each other on tasks that
    several of them labelled.
    """
    rows = dataset.live_annotations()
    if control is None:
        return people(rows, {}, {})
    given = given_labels(dataset, control)
    blind: dict[int | None, list[float]] = defaultdict(list)
    for one in blind_hits(project, given, card, control):
        blind[one.annotation.annotator].append(one.hit)
    return people(rows, blind, _agreements(given, control))


def given_labels(dataset: Dataset, control: Control) -> Given:
    """Return the annotations of a dataset that give a label, by id, each with its label."""
    rows = [one for one in dataset.live_annotations() if not one.skipped]
    pairs = zip(rows, labels_of(rows, control), strict=True)
    return [(one, label) for one, label in pairs if label is not None]


def blind_hits(
    project: Project, given: Given, card: Card | None, control: Control
) -> list[BlindHit]:
    """Return how far the model agrees with labels that were given without its suggestion."""
    since = card.blind_since if card else None
    record = project.evidence.of(card.version) if card and since is not None else None
    if record is None:
        return []
    answered = record.answered
    rows = {
        task: row
        for row, task in enumerate(record.tasks.tolist())
        if answered[row] and is_random(task, project.key)
    }
    blind = [
        (one, label) for one, label in given if one.task in rows and one.created_at > (since or "")
    ]
    if not blind:
        return []
    answers = record.out_of_fold.take(np.array([rows[one.task] for one, _ in blind], np.int64))
    hits = control.measure.hits(answers, [label for _, label in blind]).tolist()
    return [BlindHit(one, hit) for (one, _), hit in zip(blind, hits, strict=True)]


def disagreeing(given: Given) -> list[Annotation]:
    """Return the annotations of tasks that people labelled differently."""
    return [
        one
        for labels in _by_task(given).values()
        if len({canonical(label) for _, label in labels}) > 1
        for one, _ in labels
    ]


def _agreements(given: Given, control: Control) -> dict[int, Agreement]:
    """Return how far each annotator agrees with the others: 1 = always, 0 = as by chance."""
    shared = [labels for labels in _by_task(given).values() if len(labels) > 1][-_MOST_SHARED:]
    own: dict[int, list[Label]] = defaultdict(list)
    others: dict[int, list[Label]] = defaultdict(list)
    tasks: dict[int, set[int]] = defaultdict(set)
    for labels in shared:
        for (one, label), (_, other) in permutations(labels, 2):
            who = one.annotator or 0
            own[who].append(label)
            others[who].append(other)
            tasks[who].add(one.task)
    return {
        who: Agreement(1 - control.measure.disagreement(own[who], others[who]), len(tasks[who]))
        for who in own
        if len(tasks[who]) >= _LEAST_SHARED
    }


def _by_task(given: Given) -> dict[int, list[tuple[Annotation, Label]]]:
    """Return by task the newest label of each annotator that is known."""
    newest: dict[int, dict[int, tuple[Annotation, Label]]] = defaultdict(dict)
    for one, label in sorted(given, key=lambda row: (row[0].updated_at, row[0].id)):
        if one.annotator is not None:
            newest[one.task][one.annotator] = one, label
    return {task: list(labels.values()) for task, labels in sorted(newest.items())}
