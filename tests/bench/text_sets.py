"""Text sets for the simulations: vectors of texts and their labels, a pool and held-out rows.

Where the encoder is not built, texts become 256 dense numbers of their TF-IDF (latent semantic
analysis, Deerwester et al. 1990): weaker, but the simulations ask about differences.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from labelloop.local import reuters

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("DATA_FOLDER", ROOT.parent / "shared" / "data"))
VECTORS = os.environ.get("VECTORS_FOLDER", "")  # <name>.npz with E, y and n: vectors made before
DIMENSIONS, POOL, HELD_OUT = 256, 3_000, 1_500


@dataclass(frozen=True)
class TextSet:
    """Rows to label come first, `pool` of them; the rest is held out."""

    name: str
    vectors: NDArray[np.float64]
    labels: NDArray[np.int64]
    pool: int

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.labels.max()) + 1


def load(names: str = "") -> Iterator[TextSet]:
    """Yield the sets that are there: those named, or all."""
    wanted = names.split(",") if names else []
    if VECTORS:
        for path in sorted(Path(VECTORS).glob("*.npz")):
            if not wanted or path.stem in wanted:
                stored = np.load(path)
                yield TextSet(path.stem, stored["E"].astype(float), stored["y"], int(stored["n"]))
        return
    for folder in sorted(FOLDER.glob("*")):
        if folder.name in ("snips", "banking77") and (not wanted or folder.name in wanted):
            yield _vectorised(folder.name, _exported(folder, "pool"), _exported(folder, "test"))
    if not wanted or "r8" in wanted:
        data = reuters.load(ROOT / ".local" / "data", POOL, HELD_OUT)
        parts = [[(d.text, d.label) for d in part] for part in (data.pool, data.held_out)]
        yield _vectorised("r8", *parts)


def _exported(folder: Path, part: str) -> list[tuple[str, str]]:
    tasks = json.loads((folder / f"tasks_{part}.json").read_text())
    labels = json.loads((folder / f"labels_{part}.json").read_text())
    return [(task["data"]["text"], labels[task["data"]["ref_id"]]) for task in tasks]


def _vectorised(name: str, pool: list[tuple[str, str]], held_out: list[tuple[str, str]]) -> TextSet:
    texts = [text for text, _ in pool + held_out]
    terms = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(texts)
    vectors = normalize(TruncatedSVD(DIMENSIONS, random_state=0).fit_transform(terms))
    names = sorted({label for _, label in pool + held_out})
    labels = np.array([names.index(label) for _, label in pool + held_out])
    return TextSet(name, vectors, labels, len(pool))
