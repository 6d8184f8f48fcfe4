"""A backend as a model: fitted, or loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.observability import logger
from labelloop.recipes.ml_backend.answers import answers_of, read_response, values
from labelloop.recipes.ml_backend.measure import BackendMeasure
from labelloop.recipes.ml_backend.packing import Facts, packed, unpacked
from labelloop.recipes.ml_backend.reading import Region
from labelloop.recipes.ml_backend.running import Backend, Source, Task
from labelloop.recipes.protocol import Trained

TASK: Final = "task"  # the block of tasks' data, as JSON
FOLDS: Final = 3
_UNKNOWN: Final = 0.5  # of answers without a score, where no label tells how good they are
_TRIES: Final = 3  # of single tasks, if many fail together


class BackendModel:
    """A version of a backend at work. `usual`: the score of predictions without one."""

    needs = (TASK,)
    encoder = ""

    def __init__(self, backend: Backend, names: Sequence[str], usual: float = _UNKNOWN) -> None:
        self.backend, self.names, self.usual = backend, tuple(names), usual

    def answer(self, features: Columns) -> Answers:
        """Return what the backend predicts for n tasks."""
        tasks = tasks_of(features)
        predicted = self._predicted(tasks) if tasks else []
        pairs = [(one, self.usual if score is None else score) for one, score in predicted]
        return answers_of(pairs, self.names)

    def suggested(self, task: Task, context: Mapping[str, Any]) -> list[Region]:
        """Return what the backend predicts while a person draws."""
        ((result, _),) = read_response(self.backend.predict([task], context), 1)
        return result

    def _predicted(self, tasks: Sequence[Task]) -> list[tuple[list[Region], float | None]]:
        """Return predictions, of single tasks if a request of many fails.

        A task that fails alone has an empty one, and comes first; what fails for the first three
        fails for all.
        """
        try:
            return read_response(self.backend.predict(tasks), len(tasks))
        except Exception:
            if len(tasks) == 1:
                raise
        predicted: list[tuple[list[Region], float | None]] = []
        failed = 0
        for task in tasks:
            try:
                predicted += read_response(self.backend.predict([task]), 1)
            except Exception as exc:  # a class of somebody else's may raise anything
                failed += 1
                if failed == min(_TRIES, len(tasks)) and failed > len(predicted):
                    raise
                predicted.append(([], 0.0))
                logger().warning("backend failed for a task", extra={"why": type(exc).__name__})
        return predicted


@dataclass(frozen=True)
class Learnt:
    """What is learnt: tasks, their labels, and by what."""

    recipe: str
    source: Source
    label_config: str
    names: tuple[str, ...]
    measure: BackendMeasure
    features: Columns
    labels: Sequence[list[Region]]

    def model(self, rows: Sequence[int]) -> BackendModel:
        """Return a backend that has learnt some rows."""
        backend = Backend(self.source, self.label_config)
        tasks = tasks_of(self.features)
        backend.fit([_labelled(tasks[row], self.labels[row]) for row in rows])
        return BackendModel(backend, self.names)


class FittedBackend(BackendModel):
    """A backend that has just learnt."""

    def __init__(self, learnt: Learnt) -> None:
        self._learnt = learnt
        self._learns = Backend(learnt.source, learnt.label_config).learns()
        made = learnt.model(range(len(learnt.labels)))
        super().__init__(made.backend, made.names)

    def packed(self) -> Trained:
        """Return its state, and answers out of fold: of one that learns, by fitting it thrice."""
        learnt = self._learnt
        out_of_fold = self._out_of_fold() if self._learns else self.answer(learnt.features)
        known = np.flatnonzero(out_of_fold.columns.are_finite()).tolist()
        hits = learnt.measure.hits(out_of_fold.take(known), [learnt.labels[row] for row in known])
        usual = round(float(hits.mean()), 4) if known else _UNKNOWN
        self.usual = usual
        values_of = self.backend.values
        facts = Facts(learnt.recipe, learnt.label_config, self.names, usual, values_of)
        artefact = packed(facts, self.backend.folder)
        files = sum(path.is_file() for path in self.backend.folder.rglob("*"))
        return Trained(artefact, {"files": files, "learns": self._learns}, out_of_fold)

    def _out_of_fold(self) -> Answers:
        """Return answers by backends that have learnt the other tasks; NaN if none can."""
        learnt, rows = self._learnt, np.arange(len(self._learnt.labels))
        folds = np.random.default_rng(0).permutation(rows) % FOLDS  # tasks may take turns
        found: list[tuple[list[Region], float]] = [([], float("nan"))] * len(rows)
        for fold in range(FOLDS):
            within, others = rows[folds == fold], rows[folds != fold]
            if not len(within) or not len(others):
                continue
            try:
                model = learnt.model(others.tolist())
                predicted = model._predicted(tasks_of(learnt.features.take(within)))
            except Exception as exc:  # too few labels of some class, say
                logger().info("a fold is not learnt", extra={"why": type(exc).__name__})
                continue
            for row, (result, score) in zip(within.tolist(), predicted, strict=True):
                found[row] = result, _UNKNOWN if score is None else score
        return answers_of(found, self.names)


def loaded(artefact: bytes, recipe: str, source: Source) -> BackendModel:
    """Return a stored backend; BadModel if the artefact is none."""
    backend = Backend(source, "")
    facts = unpacked(artefact, recipe, backend.folder)
    backend.label_config, backend.values = facts.label_config, dict(facts.values)
    return BackendModel(backend, facts.names, facts.usual)


def tasks_of(features: Columns) -> list[Task]:
    """Return the tasks that features hold, with ids from 1 on."""
    return [{"id": n + 1, "data": data} for n, data in enumerate(values(features.ragged(TASK)))]


def _labelled(task: Task, label: list[Region]) -> Task:
    result = [{"id": f"r{n + 1}", **region} for n, region in enumerate(label)]
    annotation = {
        "id": task["id"],
        "task": task["id"],
        "project": 1,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
    }
    return task | {"annotations": [annotation], "project": 1, "is_labeled": True}
