"""Score a part of the pool, and put the candidates of all parts in their places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from labelloop.bucket.features import KeptFeatures
from labelloop.bucket.pool import Pool, Ranked
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.learning.features import Features
from labelloop.domain.ordering.candidates import Candidates, merged
from labelloop.domain.ordering.random_share import are_random
from labelloop.errors import Unprocessable
from labelloop.recipes.label_config import read_label_config
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.terms import bags_of
from labelloop.usecases.learning.featurise import Featuriser, digest_of
from labelloop.usecases.learning.look import left_of, look_at_shards
from labelloop.usecases.ordering.order import MOST_LABELLED, queue_of
from labelloop.usecases.serving.predict import question
from labelloop.usecases.serving.serve import Served

_MOST_ENCODED: Final = 100  # before the first training


@dataclass(frozen=True)
class Scene:
    """What a ranking is made from: the version at work, the labels so far, the pool's features."""

    served: Served
    dataset: Dataset
    kept: KeptFeatures
    featuriser: Featuriser

    @property
    def control(self) -> TextChoices | None:
        """What is labelled; None where that is nothing we can read."""
        try:
            return read_label_config(self.dataset.label_config or "")
        except Unprocessable:
            return None


def candidates_of(shards: Sequence[str], pool: Pool, scene: Scene) -> Candidates:
    """Return the tasks of some shards that may still be labelled. Unfinished: call again.

    None of them where the version knows nothing of the labels that are offered.
    """
    control, served = scene.control, scene.served
    asked = question(scene.dataset.label_config or "", served)
    if control is None or (served.head is not None and asked is None):
        return _none()
    looked = look_at_shards(shards, pool, control, scene.kept, scene.featuriser)
    dataset = scene.dataset
    tasks, features = left_of(looked, dataset.done_tasks(), dataset.deleted_until())
    if served.head is None or asked is None:
        return Candidates(tasks, np.empty((len(tasks), 0)), features)
    return Candidates(tasks, asked.shares(served.head.predict_proba(features)), features)


def placed(
    parts: Sequence[Candidates], scene: Scene, strategy: str, size: int, salt: str
) -> list[Ranked]:
    """Return the head of the queue, with what is predicted of it; no labels before a model."""
    served, control = scene.served, scene.control
    asked = question(scene.dataset.label_config or "", served)
    width = len(asked.labels) if asked else 0
    # A part that was scored before the label config changed has other columns.
    usable = [part for part in parts if len(part) and part.probabilities.shape[1] == width]
    if control is None or not usable:
        return []
    found = merged(usable)
    examples = control.examples(scene.dataset)
    texts = [examples.texts[row] for row in examples.newest(MOST_LABELLED)]
    labelled = _labelled(texts, scene)
    strategy = served.strategy if served.head else strategy
    rows, scores = zip(*queue_of(found, labelled, strategy, size, salt), strict=True)
    tasks = found.tasks[list(rows)].tolist()
    if asked is None:
        return [Ranked(task, score, []) for task, score in zip(tasks, scores, strict=True)]
    predicted = asked.predictions(found.probabilities[list(rows)], scores)
    # What Label Studio's import would refuse is left out, so that the order is taken all the same.
    results = [one.result if control.is_pushable else [] for one in predicted]
    return [Ranked(*one) for one in zip(tasks, scores, results, strict=True)]


def blinded(head: Sequence[Ranked], salt: str) -> list[Ranked]:
    """Return the head with no suggestion for the random share: people follow what they are shown.

    7,000 labels of 410 people shifted to the suggested ones (arXiv 2507.15821).
    """
    hidden = are_random([one.task for one in head], salt)
    return [replace(o, result=[]) if hides else o for o, hides in zip(head, hidden, strict=True)]


def _labelled(texts: list[str], scene: Scene) -> Features:
    """Return the features of labelled texts: what the trainer kept of them, else of the last."""
    known = scene.kept.labelled() if scene.featuriser.encoder else {}
    vectors = [known[digest] for text in texts if (digest := digest_of(text)) in known]
    if not vectors:
        return scene.featuriser(texts[-_MOST_ENCODED:] if scene.featuriser.encoder else texts)
    return Features(bags_of([""] * len(vectors)), np.stack(vectors))


def _none() -> Candidates:
    return Candidates(np.empty(0, np.int64), np.empty((0, 0)), Features(bags_of([])))
