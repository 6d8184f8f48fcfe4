"""Versions, heads and steps that rankings are tried with."""

from datetime import datetime

import numpy as np

from labelloop.domain.version import UNTRAINED
from labelloop.messages import RankWakeUp
from labelloop.usecases.ordering.push import Outcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.serving.serve import Served, Versions
from tests.fakes import Classifier, lengths_of


class LengthModel(Classifier):
    """The longer a text, the surer."""

    names = ("Negative", "Positive")

    def predict_proba(self, seen):
        sure = 0.5 + self.sureness(seen)
        return np.stack([1 - sure, sure], axis=1)

    def sureness(self, seen):
        return lengths_of(seen) / 1000


class VectorModel(LengthModel):
    """The further a vector is turned, the surer."""

    encoder = "counting-1"

    def sureness(self, seen):
        return seen.array("vectors")[:, 1]


class OneVersion(Versions):
    """What serves the projects: always this one."""

    def __init__(self, version: str) -> None:
        self.version = version

    def of(self, project: str, max_age_s: float = 0.0) -> Served:
        return Served(self.version, LengthModel(), "margin", "text_choices")


class Untrained(OneVersion):
    def of(self, project: str, max_age_s: float = 0.0) -> Served:
        return Served(UNTRAINED, None)


def run(first: RankWakeUp, deps) -> list[Outcome]:
    """Take a step, and all that it asks for."""
    deps.rank_queue.sent.append((first, 0))
    outcomes = []
    while deps.rank_queue.sent:
        wake_up, delay = deps.rank_queue.sent.pop(0)
        deps.clock.sleep(delay)
        outcomes.append(rank(wake_up, deps))
    return outcomes


def lengths_in_order_served(label_studio, id_, count: int) -> list[int]:
    served = []
    for _ in range(count):
        task = label_studio.next_task(id_)
        served.append(len(label_studio._tasks[task]["data"]["text"]))
        label_studio.annotate(task, "Positive")
    return served


def project_key_of(label_studio, id_) -> str:
    created = datetime.fromisoformat(label_studio.project(id_)["created_at"])
    return f"{id_}.{int(created.timestamp())}"
