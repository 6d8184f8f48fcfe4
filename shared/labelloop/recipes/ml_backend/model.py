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
from labelloop.recipes.ml_backend.reading import Label, Region, only
from labelloop.recipes.ml_backend.running import Backend, Source, Task
from labelloop.recipes.protocol import Trained

type Predicted = tuple[list[Region], float | None]
"""What a backend predicts of a task: a result, and how sure it is, None if it doesn't say."""

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
        predicted = self.predicted(tasks_of(features))
        pairs = [(one, self.usual if score is None else score) for one, score in predicted]
        return answers_of(pairs, self.names)

    def suggested(self, task: Task, context: Mapping[str, Any]) -> list[Region]:
        """Return what the backend predicts while a person draws."""
        ((result, _),) = self._read([task], context)
        return result

    def predicted(self, tasks: Sequence[Task]) -> list[Predicted]:
        """Return predictions, of single tasks if a request of many fails.

        A task that fails alone has an empty one, and comes first; what fails for the first three
        fails for all.
        """
        try:
            return self._read(tasks) if tasks else []
        except Exception:
            if len(tasks) == 1:
                raise
        return self._one_by_one(tasks)

    def _read(
        self, tasks: Sequence[Task], context: Mapping[str, Any] | None = None
    ) -> list[Predicted]:
        """Return predictions without parts that the label config did not offer."""
        read = read_response(self.backend.predict(tasks, context), len(tasks))
        return [(only(one, self.names) if self.names else one, score) for one, score in read]

    def _one_by_one(self, tasks: Sequence[Task]) -> list[Predicted]:
        predicted: list[Predicted] = []
        failed = 0
        for task in tasks:
            try:
                predicted += self._read([task])
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
    labels: Sequence[Label]

    def model(self, rows: Sequence[int]) -> BackendModel:
        """Return a backend that has learnt some rows."""
        backend = Backend(self.source, self.label_config)
        tasks = tasks_of(self.features)
        backend.fit([_labelled(tasks[row], self._regions(row)) for row in rows])
        return BackendModel(backend, self.names)

    def _regions(self, row: int) -> list[Region]:
        return self.measure.reader.regions_of(self.labels[row])


class FittedBackend(BackendModel):
    """A backend that has just learnt."""

    def __init__(self, learnt: Learnt) -> None:
        self._learnt = learnt
        self._learns = Backend(learnt.source, learnt.label_config).learns()
        made = learnt.model(range(len(learnt.labels)))
        super().__init__(made.backend, made.names)

    def packed(self) -> Trained:
        """Return its state, and answers out of fold: of one that learns, by fitting it thrice."""
        learnt, apart = self._learnt, self._apart()
        known = [row for row, one in enumerate(apart) if one is not None]
        found = answers_of([(one[0], 0.0) for one in apart if one is not None], self.names)
        hits = learnt.measure.hits(found, [learnt.labels[row] for row in known])
        self.usual = round(float(hits.mean()), 4) if known else _UNKNOWN
        state = self.backend.values
        facts = Facts(learnt.recipe, learnt.label_config, self.names, self.usual, state)
        artefact = packed(facts, self.backend.folder)
        files = sum(path.is_file() for path in self.backend.folder.rglob("*"))
        scored = [self._scored(one) for one in apart]
        out_of_fold = answers_of(scored, self.names)
        return Trained(artefact, {"files": files, "learns": self._learns}, out_of_fold)

    def _scored(self, one: Predicted | None) -> tuple[list[Region], float]:
        if one is None:
            return [], float("nan")
        return one[0], self.usual if one[1] is None else one[1]

    def _apart(self) -> list[Predicted | None]:
        """Return predictions by backends that have not learnt the task; None if none can."""
        learnt, rows = self._learnt, np.arange(len(self._learnt.labels))
        if not self._learns:
            return list(self.predicted(tasks_of(learnt.features)))
        folds = np.random.default_rng(0).permutation(rows) % FOLDS  # tasks may take turns
        found: list[Predicted | None] = [None] * len(rows)
        for fold in range(FOLDS):
            within, others = rows[folds == fold], rows[folds != fold]
            if not len(within) or not len(others):
                continue
            try:
                model = learnt.model(others.tolist())
                predicted = model.predicted(tasks_of(learnt.features.take(within)))
            except Exception as exc:  # too few labels of some class, say
                logger().info("a fold is not learnt", extra={"why": type(exc).__name__})
                continue
            for row, one in zip(within.tolist(), predicted, strict=True):
                found[row] = one
        return found


def loaded(artefact: bytes, recipe: str, source: Source) -> BackendModel:
    """Return a stored backend; BadModel if the artefact is none."""
    backend = Backend(source, "")
    facts = unpacked(artefact, recipe, backend.folder)
    backend.label_config, backend.values = facts.label_config, dict(facts.values)
    return BackendModel(backend, facts.names, facts.usual)


def tasks_of(features: Columns) -> list[Task]:
    """Return the tasks that features hold, with ids from 1 on."""
    return [{"id": n + 1, "data": data} for n, data in enumerate(values(features.ragged(TASK)))]


def _labelled(task: Task, regions: Sequence[Region]) -> Task:
    result = [{"id": f"r{n + 1}", **region} for n, region in enumerate(regions)]
    annotation = {
        "id": task["id"],
        "task": task["id"],
        "project": 1,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
    }
    return task | {"annotations": [annotation], "project": 1, "is_labeled": True}
