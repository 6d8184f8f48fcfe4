"""An imported model in onnxruntime: what is read of tasks in, probabilities out.

A task that it can't answer, as a field is missing or the graph fails on it, gets a row of NaN: so
nothing is predicted of it, and it is not ranked.
"""

import json
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns, Ragged, starts_of
from labelloop.errors import BadModel
from labelloop.observability import count, logger
from labelloop.quiet_onnxruntime import ort, session_of
from labelloop.recipes.imported.explained import explained
from labelloop.recipes.imported.feeding import Feeder, Row
from labelloop.recipes.imported.package import Package
from labelloop.recipes.imported.reading import each_of, of_maps, probabilities_of
from labelloop.recipes.several_choices.marks import LIKELY, Marks
from labelloop.recipes.text.bags import BAGS, VECTORS, Features
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.probabilities import answers_of

RAW: Final = "raw"  # the block that holds what is read of tasks, as JSON
RUN_S: Final = 10.0  # that a batch may take
_RESTS_S: Final = 60.0  # after one that took longer: each try would keep an annotator waiting
_TINY: Final = 1e-9


def raw_of(rows: Sequence[Row]) -> Ragged:
    """Return what is read of tasks as a block."""
    bodies = [json.dumps(row, sort_keys=True).encode() for row in rows]
    letters = np.frombuffer(b"".join(bodies), np.uint8)
    return Ragged({"json": letters}, starts_of([len(body) for body in bodies]))


def rows_of(features: Columns) -> list[Row]:
    """Return what is read of tasks from the block."""
    block = features.ragged(RAW)
    if block is None:
        if len(features):
            raise BadModel("an imported model wants what is read of tasks")
        return []
    body, starts = block.arrays["json"].tobytes(), block.starts.tolist()
    return [json.loads(body[start:end]) for start, end in pairwise(starts)]


class ImportedModel:
    """A model as it was imported. Raises BadModel for one that can't be served.

    `run_s`: seconds that a batch may take.
    """

    needs = (RAW,)
    encoder = ""

    def __init__(self, package: Package, run_s: float = RUN_S) -> None:
        self.description, self._run_s = package.description, run_s
        self.names = package.description.labels
        self._feeder = Feeder(package.description, package.tokenizer)
        with explained():
            self._session = session_of(package.graph)
        self._until = 0.0
        outputs = {each.name for each in self._session.get_outputs()}
        if not {self.description.output, self.description.vectors or self.description.output} <= (
            outputs
        ):
            raise BadModel(f"it has no output {self.description.output!r}")

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each label for each task, NaN where it can't say."""
        probabilities = self.probabilities(rows_of(features))
        if self.description.is_several:
            return Marks.of(probabilities, LIKELY).answers(self.names)
        return answers_of(probabilities, self.names)

    def probabilities(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Return the probability of each label for each task, shape (rows, labels)."""
        scores = self._run(rows, self.description.output, len(self.names))
        form, is_several = self.description.form, self.description.is_several
        return each_of(scores, form) if is_several else probabilities_of(scores, form)

    def vectors(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Return what it sees of tasks as unit vectors, shape (rows, any); zeros if it can't say.

        Its own vectors if it has any, else the logarithms of its probabilities.
        """
        if self.description.vectors:
            seen = self._run(rows, self.description.vectors, 0)
        else:
            seen = np.log(np.maximum(self.probabilities(rows), _TINY))
            seen = seen - seen.mean(axis=1, keepdims=True)
        seen = np.nan_to_num(seen, nan=0.0, posinf=0.0, neginf=0.0)
        lengths = np.sqrt(np.square(seen).sum(axis=1, keepdims=True))
        return np.asarray(seen / np.maximum(lengths, _TINY), np.float32)

    def scores(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Return the output as it is, shape (rows, any). BadModel if the graph fails on a batch."""
        return self._gathered(rows, self.description.output, 0, self._once)

    def _run(self, rows: Sequence[Row], output: str, width: int) -> NDArray[np.float32]:
        return self._gathered(rows, output, width, self._as_far_as_it_goes)

    def _gathered(
        self, rows: Sequence[Row], output: str, width: int, run: Any
    ) -> NDArray[np.float32]:
        scores: NDArray[np.float32] | None = None
        for batch in self._feeder.batches(rows):
            found = run(batch.feeds, len(batch.rows), output)
            if found is None:
                continue
            if scores is None:
                scores = np.full((len(rows), found.shape[1]), np.nan, np.float32)
            scores[batch.rows] = found
        return np.full((len(rows), width), np.nan, np.float32) if scores is None else scores

    def _as_far_as_it_goes(
        self, feeds: dict[str, Any], rows: int, output: str
    ) -> NDArray[np.float32] | None:
        """Return scores; of a batch that fails, those of its rows one by one; None if all fail."""
        if time.monotonic() < self._until:
            return None
        try:
            return self._once(feeds, rows, output)
        except BadModel as exc:
            logger().warning("imported model failed", extra={"tasks": rows, "why": str(exc)})
            count("ResultsRejected")
        if rows == 1 or time.monotonic() < self._until:
            return None
        singles = [
            self._as_far_as_it_goes({n: f[row : row + 1] for n, f in feeds.items()}, 1, output)
            for row in range(rows)
        ]
        widths = [one.shape[1] for one in singles if one is not None]
        if not widths:
            return None
        nothing = np.full((1, widths[0]), np.nan, np.float32)
        return np.concatenate([nothing if one is None else one for one in singles])

    def _once(self, feeds: dict[str, Any], rows: int, output: str) -> NDArray[np.float32]:
        with self._limited() as options, explained(options, self._run_s):
            (found,) = self._session.run([output], feeds, options)
        keys = self.description.keys
        if isinstance(found, list):
            found = of_maps(found, keys)
        if not isinstance(found, np.ndarray) or found.ndim != 2 or found.shape[0] != rows:
            shape = getattr(found, "shape", type(found).__name__)
            raise BadModel(
                f"its output {output!r} has the shape {shape} for {rows} tasks",
                "export it with a dynamic first dimension, and a row for each task",
            )
        return np.asarray(found, np.float32)

    @contextmanager
    def _limited(self) -> Any:
        """Give options for a run that ends after some time: between two operators, that is."""
        options = ort.RunOptions()

        def stop() -> None:
            options.terminate = True
            self._until = time.monotonic() + _RESTS_S

        timer = threading.Timer(self._run_s, stop)
        timer.start()
        try:
            yield options
        finally:
            timer.cancel()


class HeadModel:
    """A head that was trained on what an imported model and the encoder see, and on words."""

    def __init__(self, package: Package, imported: ImportedModel | None = None) -> None:
        self._imported = imported or ImportedModel(package)
        self._head = OnnxModel(package.head)
        self.names, self.encoder = self._head.names, self._head.encoder
        self.needs = (RAW, BAGS, VECTORS) if self.encoder else (RAW, BAGS)

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each task."""
        seen = beside(features.only(self.needs), self._imported, self._head.dimensions)
        return self._head.answer(seen.columns())


def beside(features: Columns, imported: ImportedModel, dimensions: int = 0) -> Features:
    """Return features whose vectors are the imported model's, beside the encoder's if there are.

    `dimensions`: of both, if they are known: zeros where the imported model answers no task.
    """
    known = Features.of(features)
    seen = imported.vectors(rows_of(features))
    others = 0 if known.vectors is None else known.vectors.shape[1]
    if dimensions and seen.shape[1] != dimensions - others:
        seen = np.zeros((len(seen), dimensions - others), np.float32)
    if known.vectors is None:
        return Features(known.bags, seen, known.tuned)
    both = np.concatenate([seen, known.vectors], axis=1) / np.sqrt(2.0)
    return Features(known.bags, np.asarray(both, np.float32), known.tuned)


def load(artefact: bytes) -> ImportedModel | HeadModel:
    """Return a stored model; BadModel for any other bytes."""
    package = Package.unpacked(artefact)
    return HeadModel(package) if package.head else ImportedModel(package)
