"""A trainer whose models are what they learnt, and what they are loaded as."""

import json
from ast import literal_eval
from collections import Counter

import numpy as np

from labelloop.messages import WakeUp
from labelloop.recipes.text.bags import Features
from tests.builders import PROJECT
from tests.fakes import Classifier, trained

SWEEP = WakeUp(PROJECT, "sweep")


class Trainer:
    """A trainer that tells what it was given, and lets tests happen meanwhile."""

    def __init__(self) -> None:
        self.trainings: list[Counter[tuple[tuple[int, ...], str]]] = []
        self.meanwhile = lambda: None

    def __call__(self, seen, labels, pool=None):
        bags = Features.of(seen).bags
        terms = [tuple(bags.take([row]).ids.tolist()) for row in range(len(bags))]
        self.trainings.append(Counter(zip(terms, labels, strict=True)))
        happen, self.meanwhile = self.meanwhile, lambda: None
        happen()
        artefact = repr(sorted(self.trainings[-1].items())).encode()
        classes = sorted(set(labels))
        unseen = np.full((len(labels), len(classes)), 1 / len(classes), np.float32)
        return trained(artefact, {"facts": "kept"}, classes, unseen)


class EvenModel(Classifier):
    """What the trainer's artefacts are loaded as: as sure of one class as of another."""

    def __init__(self, artefact: bytes) -> None:
        self.names = sorted({label for (_, label), _ in literal_eval(artefact.decode())})

    def predict_proba(self, seen):
        return np.full((len(seen), len(self.names)), 1 / len(self.names), np.float32)


def card_of(store, version: str) -> dict:
    return json.loads(store.body(f"projects/{PROJECT}/models/{version}/card.json"))
