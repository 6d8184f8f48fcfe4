"""Show who labelled how much, how fast, and how far the model agrees."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.answers import Label
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.ordering.random_share import is_random
from labelloop.domain.serving.people import Person, people
from labelloop.recipes.protocol import Control


def show_people(
    project: Project, dataset: Dataset, card: Card | None, control: Control | None
) -> list[Person]:
    """Return the annotators of a project, those with the most labels first.

    They are compared with the model on labels of the random share that were given without a
    suggestion, by answers of models that have not learnt them.
    """
    blind: Mapping[int | None, list[float]] = {}
    if control and card and card.blind_since is not None:
        blind = _agreements(project, dataset, card, control)
    return people(dataset.live_annotations(), blind)


def _agreements(
    project: Project, dataset: Dataset, card: Card, control: Control
) -> dict[int | None, list[float]]:
    record = project.evidence.of(card.version)
    if record is None:
        return {}
    finite = record.out_of_fold.columns.are_finite()
    rows = {
        task: row
        for row, task in enumerate(record.tasks.tolist())
        if finite[row] and is_random(task, project.key)
    }
    given: list[tuple[int | None, int, Label]] = []
    for one in dataset.live_annotations():
        if one.task in rows and not one.skipped and one.created_at > (card.blind_since or ""):
            label = control.label_of(one.result)
            if label is not None:
                given.append((one.annotator, rows[one.task], label))
    if not given:
        return {}
    answers = record.out_of_fold.take(np.array([row for _, row, _ in given], np.int64))
    hits = control.measure.hits(answers, [label for _, _, label in given])
    found: dict[int | None, list[float]] = defaultdict(list)
    for (annotator, _, _), hit in zip(given, hits.tolist(), strict=True):
        found[annotator].append(hit)
    return found
