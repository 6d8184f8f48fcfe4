"""Training again: how the time grows with the labels, and against a bare scikit-learn fit.

Bare is what the usual backend does with the same features: TF-IDF and logistic regression, and
skl2onnx. Labelloop's training also learns topics from a thousand texts without labels, asks each
example out of fold, picks penalties and the balance of the classes, calibrates, and checks the
graph. Sparse features: words and n-grams of Reuters-21578, one core.
"""

import random
from collections.abc import Iterator

import numpy as np
from skl2onnx import to_onnx
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from labelloop.local import reuters
from labelloop.local.emulator import ROOT
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.known_terms import MOST_TERMS, counts_of, frequent_terms
from labelloop.recipes.text.terms import bags_of
from tests.bench.report import Finding
from tests.bench.timing import paired, pin
from tests.bench.timing import seconds as timed

SIZES = {100: 5, 1_000: 3, 10_000: 1, 100_000: 0}  # labels, rounds; 0: once, and ours alone
LANDMARKS = 1_000
WORDS = 40  # of a made-up document


def measure() -> Iterator[Finding]:
    """Measure each size; the larger ones of documents with the words of real ones, mixed."""
    pin()
    documents = reuters.load(ROOT / ".local" / "data", 5_000, 1).pool
    landmarks = Features(bags_of(examples(documents[::-1], LANDMARKS)[0]))
    seconds: dict[int, float] = {}
    for size, rounds in SIZES.items():
        texts, labels = examples(documents, size)
        features = Features(bags_of(texts))

        def ours(features=features, labels=labels) -> None:
            FittedModel(features, labels, landmarks).packed()

        def bare(features=features, labels=labels) -> None:
            counts = counts_of(features.bags, frequent_terms(features.bags, MOST_TERMS))
            model = make_pipeline(
                TfidfTransformer(sublinear_tf=True), LogisticRegression(C=10, max_iter=300)
            )
            model.fit(counts, labels)
            to_onnx(model, np.zeros((1, counts.shape[1]), np.float32), options={"zipmap": False})

        if rounds:
            seconds[size], other, ratio = paired(ours, bare, rounds)
            print(f"{size:,}: {seconds[size]:.2f} s, bare {other:.2f} s", flush=True)
            told = f"retrain on {size:,} labels, of bare fit and conversion"
            yield Finding(told, ratio, "times", 1.3)
        else:
            seconds[size] = timed(ours)
            print(f"{size:,}: {seconds[size]:.1f} s", flush=True)
    for small, large in zip([*SIZES][:-1], [*SIZES][1:], strict=True):
        growth = seconds[large] / seconds[small] / (large / small)
        yield Finding(f"growth from {small:,} to {large:,} labels, of linear", growth, "times", 1)


def examples(documents: list[reuters.Document], size: int) -> tuple[list[str], list[str]]:
    """Return so many texts and labels: real ones, beyond these halves of two of one label."""
    draw = random.Random(1)
    by_label: dict[str, list[str]] = {}
    for document in documents:
        by_label.setdefault(document.label, []).append(document.text)
    texts, labels = [], []
    for number in range(size):
        document = documents[number % len(documents)]
        other = draw.choice(by_label[document.label]).split()
        own = document.text.split()
        is_real = number < len(documents)
        texts.append(document.text if is_real else " ".join(own[:WORDS] + other[-WORDS:]))
        labels.append(document.label)
    return texts, labels
