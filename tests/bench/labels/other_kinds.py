"""Images by their raw pixels and tables: ExtraTrees, the default order against random order.

Once there is a forest, images are told apart as it does: what pixels have in common is not what the
classes have, as it is for a few standardised columns.
"""

import gzip
import io
import warnings
import zipfile
from collections.abc import Callable, Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import DataDimensionalityWarning
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.random_projection import SparseRandomProjection

from labelloop.domain.ordering.strategies import DEFAULT
from tests.bench.labels.curves import Choose, Curve, Rows, campaign
from tests.bench.labels.packages import fetch
from tests.bench.labels.sources import MOST_POOL, MOST_TEST, fashion
from tests.bench.labels.systems import in_order, strategy

SIZES: Final = (*range(10, 100, 10), *range(100, 501, 25))
RIVER = (
    "river==0.26.1",
    "river-0.26.1-cp313-cp313-manylinux_2_28_x86_64.whl",
    "7d8e6aa749f06e6bd71835ef722c14627bbb049f6929f5bc0d8a65dcd813ad4b",
)
IMAGES: Final = "digits", "Fashion-MNIST"
ORDERS: Final = {"default order": DEFAULT, "random order": None}

type Numbers = tuple[NDArray[np.floating], NDArray]


def sets() -> dict[str, Callable[[], Numbers]]:
    """Return the sets by name: rows of numbers, pixels or standardised, and their labels."""
    return {
        "digits": lambda: (load_digits().data / 16, load_digits().target),
        "Fashion-MNIST": fashion,
        "image segments": lambda: _table("segment.csv.zip", "category"),
        "phishing": lambda: _table("phishing.csv.gz", "is_phishing"),
        "banana": lambda: _libsvm("banana.zip"),
    }


def curves(rows: Numbers, seed: int, wanted: Collection[str], are_images: bool) -> dict[str, Curve]:
    """Return the curve of each order wanted, from zero labels."""
    values, labels = rows
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    held_out = min(MOST_TEST, len(labels) * 35 // 100)
    test, pool = shuffled[:held_out], shuffled[held_out : held_out + MOST_POOL]
    order = np.random.default_rng(seed + 1).permutation(len(pool))
    found = {}
    for name, chosen in ORDERS.items():
        if name in wanted:
            known, unseen = ((values[some], labels[some]) for some in (pool, test))
            forest = _Forest(known, unseen, seed, are_images)
            choose = forest.by(chosen, order) if chosen else in_order(order)
            found[name] = campaign(forest.learn, choose, SIZES, np.empty(0, np.int64), labels[pool])
    return found


class _Forest:
    """ExtraTrees on a pool, measured on held-out rows, and vectors of the pool.

    The vectors are the rows' own; of images, once there are trees, as those tell rows apart.
    """

    def __init__(self, pool: Numbers, test: Numbers, seed: int, are_images: bool) -> None:
        self._rows, self._labels = pool
        self._test, self._seed, self._are_images = test, seed, are_images
        self._vectors = _vectors(self._rows)

    def learn(self, labelled: Rows) -> tuple[float, NDArray[np.floating]]:
        model = ExtraTreesClassifier(150, random_state=self._seed)
        model.fit(self._rows[labelled], self._labels[labelled])
        if self._are_images:
            self._vectors = _as_seen_by(model, self._rows)
        right = model.predict(self._test[0]) == self._test[1]
        return float(right.mean()), model.predict_proba(self._rows)

    def by(self, chosen: str, order: Rows) -> Choose:
        return lambda *asked: strategy(chosen, order, self._vectors, self._seed)(*asked)


def _vectors(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return random Fourier features (Rahimi and Recht 2007), whose lengths are all about one.

    Rows scaled to length one would lose how large they are: two columns would be a circle.
    """
    mapped = RBFSampler(gamma="scale", n_components=512, random_state=0).fit_transform(rows)
    return (mapped / np.linalg.norm(mapped, axis=1, keepdims=True)).astype(np.float32)


def _as_seen_by(forest: ExtraTreesClassifier, rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return vectors that are close where many trees put two rows into one leaf (Breiman 2001).

    Random projections of the leaves keep those proximities (Johnson and Lindenstrauss 1984).
    """
    leaves = OneHotEncoder(dtype=np.float32).fit_transform(forest.apply(rows))
    projection = SparseRandomProjection(512, dense_output=True, random_state=0)
    with warnings.catch_warnings(action="ignore", category=DataDimensionalityWarning):
        mapped = projection.fit_transform(leaves)  # of a small forest more numbers than leaves
    return (mapped / np.linalg.norm(mapped, axis=1, keepdims=True)).astype(np.float32)


def _table(member: str, label: str) -> Numbers:
    lines = _body(member).decode().splitlines()
    names = lines[0].split(",")
    cells = np.array([line.split(",") for line in lines[1:] if line])
    is_label = np.array(names) == label
    values = StandardScaler().fit_transform(cells[:, ~is_label].astype(np.float64))
    return values, cells[:, is_label][:, 0]


def _libsvm(member: str) -> Numbers:
    rows = [line.split() for line in _body(member).decode().splitlines() if line]
    values = [[float(cell.split(":")[1]) for cell in row[1:]] for row in rows]
    return StandardScaler().fit_transform(values), np.array([row[0] for row in rows])


def _body(member: str) -> bytes:
    with zipfile.ZipFile(fetch(RIVER)) as wheel:
        body = wheel.read(f"river/datasets/{member}")
    if member.endswith(".gz"):
        return gzip.decompress(body)
    with zipfile.ZipFile(io.BytesIO(body)) as inner:
        return inner.read(inner.namelist()[0])
