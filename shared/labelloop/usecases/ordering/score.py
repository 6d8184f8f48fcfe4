"""Score a part of the pool, and put the candidates of all parts in their places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from labelloop.bucket.features import FeatureFiles
from labelloop.bucket.pool import Pool, Ranked
from labelloop.bucket.project import Project
from labelloop.bucket.unread import UnreadTasks
from labelloop.domain.columns import Columns
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.learning.examples import examples_of
from labelloop.domain.ordering.random_share import are_random, labels_since
from labelloop.domain.ordering.shortlist import Shortlist, merged, worth_a_place
from labelloop.recipes import control_or_none, encoder_of, folder_of
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Looking
from labelloop.recipes.weights import weighted
from labelloop.usecases.learning.task_features import (
    Times,
    features_of_labelled,
    features_of_shards,
    unlabelled_of,
)
from labelloop.usecases.learning.vectors import BUDGET_S
from labelloop.usecases.ordering.order import MOST_LABELLED, queue_of
from labelloop.usecases.serving.predict import question_of
from labelloop.usecases.serving.serve import Served


@dataclass(frozen=True)
class Scene:
    """What a ranking is made from: the version at work, the labels so far, the pool's features."""

    served: Served
    dataset: Dataset
    project: Project
    tools: Looking
    now: float = 0.0  # in seconds since 1970
    due_by: float = 0.0  # what could not be read is tried again if its time is up to this one

    @property
    def control(self) -> Control | None:
        """What is labelled; None if no recipe reads the label config.

        Several controls weigh in the order as Label Studio's settings have it.
        """
        served, dataset = self.served, self.dataset
        control = control_or_none(dataset.label_config, served.recipe, served.signature)
        return control and weighted(control, dataset.settings)

    def features(self, control: Control) -> FeatureFiles:
        """Return the stored features of a control."""
        return self.project.features(folder_of(control.recipe, self.encoder(control)))

    def encoder(self, control: Control) -> str:
        """Return the name of the encoder that a control's recipe uses."""
        return encoder_of(control.recipe, self.tools.encoder, self.tools.image_encoder)


def shortlist_of(
    shards: Sequence[str],
    pool: Pool,
    scene: Scene,
    size: int,
    parts: int,
    budget_s: float = BUDGET_S,
) -> tuple[Shortlist, UnreadTasks]:
    """Return the tasks of some shards, one part of `parts`, that may be among the first `size`.

    Beside them those that can't be read, though they have something to read. Empty if the version
    has learnt none of the labels that are offered. Unfinished: call again.
    """
    control, served = scene.control, scene.served
    question = question_of(control, served)
    if control is None or (served.model is not None and question is None):
        return Shortlist(np.empty(0, np.int64), Columns(0, {}), None), UnreadTasks()
    files, times = scene.features(control), Times(scene.now, scene.due_by)
    shard_features = features_of_shards(
        shards, pool, control, files, scene.tools, budget_s, times=times
    )
    dataset = scene.dataset
    deleted = dataset.deleted_until()
    unread = reduce(UnreadTasks.and_, (one.unread for one in shard_features), UnreadTasks())
    tasks, features = unlabelled_of(shard_features, dataset.done_tasks(), deleted)
    answers = None
    if len(tasks) and served.model is not None and question is not None:
        answers = question.shown(served.model.answer(features))
    features = features.only(control.apart(scene.encoder(control)))
    candidates = Shortlist(tasks, features, answers)
    reading = candidates.reading(control.measure)
    shortlist = worth_a_place(candidates, reading, size, parts, scene.project.key)
    return shortlist, unread.without(deleted)


def placed(
    parts: Sequence[Shortlist],
    scene: Scene,
    strategy: str,
    size: int,
    project_key: str,
    most_labelled: int = MOST_LABELLED,
) -> list[Ranked]:
    """Return the queue with its predictions, which are empty before there is a model."""
    served, control = scene.served, scene.control
    question = question_of(control, served)
    # A part that was scored before the label config changed has answers for other names.
    names = question.names if question else None
    usable = [part for part in parts if len(part) and _names_of(part) == names]
    if control is None or not usable:
        return []
    candidates = merged(usable)
    # Scored a while ago, perhaps; a labelled one would take the place of a task to be labelled.
    done = np.isin(candidates.tasks, np.fromiter(scene.dataset.done_tasks(), np.int64))
    candidates = candidates.take(np.flatnonzero(~done))
    if not len(candidates):
        return []
    examples = examples_of(scene.dataset, control)
    newest = examples.take(examples.newest(most_labelled))
    labelled = features_of_labelled(newest.inputs, control, scene.features(control), scene.tools)
    strategy = served.strategy if served.model else strategy
    queue = queue_of(
        candidates,
        labelled,
        control,
        strategy,
        size,
        project_key,
        since_random=labels_since(newest.tasks, project_key),
        skipped={row.task for row in scene.dataset.live_annotations() if row.skipped},
    )
    rows, scores = zip(*queue, strict=True)
    tasks = candidates.tasks[list(rows)].tolist()
    if candidates.answers is None:
        return [Ranked(task, score, []) for task, score in zip(tasks, scores, strict=True)]
    results = control.results(candidates.answers.take(rows))
    return [
        Ranked(task, score, result, control.is_pushable)
        for task, score, result in zip(tasks, scores, results, strict=True)
    ]


def _names_of(part: Shortlist) -> tuple[str, ...] | None:
    return None if part.answers is None else part.answers.names


def blinded(queue: Sequence[Ranked], project_key: str) -> list[Ranked]:
    """Return the queue with no suggestion for the random share: people follow what they are shown.

    7,000 labels of 410 people shifted to the suggested ones (arXiv 2507.15821).
    """
    hidden = are_random([one.task for one in queue], project_key)
    return [replace(o, result=[]) if hides else o for o, hides in zip(queue, hidden, strict=True)]
