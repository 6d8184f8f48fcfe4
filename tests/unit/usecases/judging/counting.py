"""A trainer that counts, and labels that it can tell apart or that are the wrong way round."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.errors import BadModel
from labelloop.messages import WakeUp
from tests.builders import (
    LABELS,
    PROJECT,
    created,
)
from tests.fakes import Classifier, lengths_of, trained

SWEEP = WakeUp(PROJECT, "sweep")
DAYS = ("10", "11", "13", "14")  # hours; the clock of the tests stands at 12


class CountingTrainer:
    """Learns how often each label goes with each length. `is_broken` swaps what it says."""

    def __init__(self) -> None:
        self.trainings = 0
        self.is_broken = False
        self.meanwhile = lambda: None

    def __call__(self, seen, labels, pool=None):
        self.trainings += 1
        happen, self.meanwhile = self.meanwhile, lambda: None
        happen()
        counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        lengths = lengths_of(seen).round().astype(int).tolist()
        for length, label in zip(lengths, labels, strict=True):
            counts[length][label] += 1
        classes = sorted(set(labels))
        known = {"classes": classes, "counts": counts, "is_broken": self.is_broken}
        model = CountingModel(json.dumps(known).encode())
        rows = [model.row(n, without=label) for n, label in zip(lengths, labels, strict=True)]
        return trained(json.dumps(known).encode(), {}, classes, np.array(rows, np.float32))


class CountingModel(Classifier):
    """What the trainer's artefacts are loaded as."""

    def __init__(self, artefact: bytes) -> None:
        try:
            known = json.loads(artefact)
        except ValueError as exc:
            raise BadModel("no model") from exc
        self.names = known["classes"]
        self._counts = {int(n): Counter(some) for n, some in known["counts"].items()}
        self._step = -1 if known["is_broken"] else 1

    def row(self, length: int, without: str = "") -> list[float]:
        counts = Counter(self._counts.get(length, {}))
        counts[without] -= 1
        odds = [counts[name] + 0.3 for name in self.names][:: self._step]
        return [one / sum(odds) for one in odds]

    def predict_proba(self, seen):
        rows = [self.row(n) for n in lengths_of(seen).round().astype(int).tolist()]
        return np.array(rows, np.float32).reshape(-1, len(self.names))


def text_of(id_: int) -> str:
    """Return a word; longer ones are rarer, so that not all tasks are alike."""
    return "x" * (2 + id_ % 7 * (id_ % 3) % 8)


def labels(first: int, count: int, day: int = 0, swapped: bool = False, **changes):
    """Return labels by the length of the word, given on some day; or all the wrong way round."""
    return [
        created(
            i,
            LABELS[(len(text_of(i)) + swapped) % 2],
            text_of(i),
            updated_at=f"2026-11-23T{DAYS[day]}:{i // 60 % 60:02d}:{i % 60:02d}.000000+00:00",
            **changes,
        )
        for i in range(first, first + count)
    ]


def card_of(project: Project, version: str = "") -> Card:
    """Return the card of a version, or of the active one."""
    found = project.card(version or project.active().value.version)
    assert found is not None
    return found


def gate_of(project: Project) -> Mapping[str, Any]:
    return card_of(project).gate
