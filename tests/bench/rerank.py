"""Ranking an encoded pool by a new version: against the bare matrix products and a sort.

Part by part, as the rank function does: features from the store, the model, the tasks that may come
next; then the queue of all parts, diverse, with the random share. Bare: the model's own matrix
products in numpy and scipy, of the bags, the vectors and their likeness to the landmarks, and the
tasks sorted by margin. The latter are 128 times the work of the vectors' product with 8 classes;
what ranking takes of products without them is printed, and has no goal. One core.
"""

import resource
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from labelloop.domain.columns import Columns
from labelloop.domain.ordering.shortlist import Shortlist, merged, worth_a_place
from labelloop.domain.ordering.strategies import DEFAULT
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Model
from labelloop.recipes.text.bags import Bags, Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.pooled_experts import NEARNESS, SMOOTHING
from labelloop.usecases.ordering.order import queue_of
from tests.bench.report import Finding
from tests.bench.timing import pin, seconds
from tests.builders import label_config

SIZES = (10_000, 100_000, 1_000_000)
PART, HEAD, CLASSES, DIMENSIONS, TERMS, WORDS = 5_000, 1_000, 8, 384, 20_000, 120
LABELS, LANDMARKS = 1_000, 1_000
CONTROL = control_of(label_config())
TELLING = CONTROL.apart("an encoder")


def measure() -> Iterator[Finding]:
    """Measure pools of three sizes."""
    pin()
    rng = np.random.default_rng(1)
    kinds = rng.normal(size=(CLASSES, DIMENSIONS))
    codes = rng.integers(0, CLASSES, LABELS)
    labelled = made_up(rng, kinds, codes)
    landmarks = made_up(rng, kinds, rng.integers(0, CLASSES, LANDMARKS))
    fitted = FittedModel(labelled, [f"class {code}" for code in codes], landmarks)
    model = OnnxModel(fitted.packed().artefact)
    part = made_up(rng, kinds, rng.integers(0, CLASSES, PART))
    known = labelled.columns().only(TELLING)
    weights = rng.normal(size=(DIMENSIONS, CLASSES)).astype(np.float32)
    terms = rng.normal(size=(TERMS + 1, CLASSES)).astype(np.float32)
    for size in SIZES:
        parts = size // PART
        before = _peak_mb()
        ours = seconds(lambda: rank(model, part.columns(), parts, known))  # noqa: B023
        grown = _peak_mb() - before
        bare = seconds(lambda: bare_rank(part, parts, weights, terms, landmarks))  # noqa: B023
        least = seconds(lambda: bare_rank(part, parts, weights, terms, None))  # noqa: B023
        print(
            f"{size:,}: {ours:.2f} s, bare {bare:.2f} s, without landmarks {least:.2f} s",
            flush=True,
        )
        told = f"ranking {size:,} encoded tasks"
        yield Finding(f"{told}, of bare products and sort", ours / bare, "times", 2)
        yield Finding(f"{told}, memory beyond one part's", grown, "MB", 500)


def rank(model: Model, part: Columns, parts: int, labelled: Columns) -> list:
    """Rank a pool of so many parts; return its head."""
    found = []
    for number in range(parts):
        tasks = np.arange(number * PART, (number + 1) * PART)
        rows = Shortlist(tasks, part.only(TELLING), model.answer(part))
        some = worth_a_place(rows, rows.reading(CONTROL.measure), HEAD, parts, "bench").to_bytes()
        found.append(Shortlist.from_bytes(some))
    queue = queue_of(merged(found), labelled, CONTROL, DEFAULT, HEAD, "bench")
    return list(queue)


def bare_rank(part: Features, parts: int, weights, terms, landmarks) -> np.ndarray:
    """Return all tasks of a pool sorted by margin."""
    margins = []
    opinions = np.full((LANDMARKS, CLASSES), 1 / CLASSES, np.float32)
    for _ in range(parts):
        bags = part.bags
        counts = csr_matrix((bags.counts, bags.ids, bags.starts), shape=(PART, TERMS + 1))
        scores = counts @ terms + part.vectors @ weights
        if landmarks is not None:
            likeness = np.exp(NEARNESS * (part.vectors @ landmarks.vectors.T - 1))
            likeness /= likeness.sum(axis=1, keepdims=True)
            scores += SMOOTHING * np.log(likeness @ opinions)
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(axis=1, keepdims=True)
        top = np.partition(shares, -2, axis=1)
        margins.append(top[:, -1] - top[:, -2])
    return np.argsort(np.concatenate(margins), kind="stable")


def made_up(rng, kinds, codes) -> Features:
    """Return features of texts: vectors around those of their class, and words by frequency."""
    vectors = 0.15 * kinds[codes] + rng.normal(size=(len(codes), DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    bags = []
    for _ in codes:
        ids = np.unique((TERMS * rng.random(WORDS) ** 3).astype(np.uint32) + 1)
        bags.append((ids, np.ones(len(ids), np.float32)))
    return Features(Bags.of(bags), vectors.astype(np.float32))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
