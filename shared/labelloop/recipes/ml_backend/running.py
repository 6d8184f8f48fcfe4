"""A backend's class at work: one version of it, in a folder, and with modules, of its own."""

import copy
import inspect
import shutil
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from labelloop.recipes.ml_backend import current
from labelloop.recipes.ml_backend.backend_class import LabelStudioMLBase
from labelloop.recipes.ml_backend.imports import Modules, no_network, with_variables
from labelloop.recipes.ml_backend.studio import PROJECT

type Task = dict[str, Any]

EVENT: Final = "START_TRAINING"
_LOCK: Final = threading.RLock()  # modules and variables are the whole process's
_NOBODY: Final = "http://label-studio.invalid"  # addresses and keys that nothing is done with
_STUDIO: Final = {
    **dict.fromkeys(("LABEL_STUDIO_URL", "LABEL_STUDIO_HOST"), _NOBODY),
    **dict.fromkeys(("LABEL_STUDIO_API_KEY", "LABEL_STUDIO_ACCESS_TOKEN"), "none"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a class is: a module's file. `name`: of the class, if there are several."""

    module: Path
    name: str = ""
    variables: tuple[tuple[str, str], ...] = ()


class Backend:
    """A class of a source for one label config. `values` and the files in `folder` are its state.

    `folder`: its `MODEL_DIR`, which is deleted with this object.
    `labelled`: the tasks with their annotations while it learns, else None.
    """

    def __init__(
        self, source: Source, label_config: str, values: Mapping[str, str] | None = None
    ) -> None:
        self._source, self.label_config = source, label_config
        self.values: dict[str, str] = dict(values or {})
        self.labelled: list[Task] | None = None
        self._modules = Modules(source.module.parent)
        self.folder = Path(mkdtemp(prefix="labelloop-backend-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def predict(self, tasks: Sequence[Task], context: Mapping[str, Any] | None = None) -> Any:
        """Return what the class predicts for tasks, as it is."""
        with self._at_work() as kind:
            given = copy.deepcopy(list(tasks))  # a class may change what it gets
            drawn = copy.deepcopy(dict(context)) if context else None
            return self._made(kind).predict(given, context=drawn)

    def fit(self, tasks: Sequence[Task]) -> None:
        """Have the class learn these tasks, all at once: `fit` is called a single time."""
        with self._at_work() as kind:
            self.labelled = list(tasks)
            try:
                self._made(kind).fit(EVENT, _event(self.labelled, self.label_config))
            finally:
                self.labelled = None

    def learns(self) -> bool:
        """Say whether the class has a `fit` of its own."""
        with self._at_work() as kind:
            return kind.fit is not LabelStudioMLBase.fit

    @contextmanager
    def _at_work(self) -> Iterator[type[LabelStudioMLBase]]:
        variables = {**_STUDIO, **dict(self._source.variables), "MODEL_DIR": str(self.folder)}
        with _LOCK, with_variables(variables), self._modules.in_place(), no_network():
            current.begin(self)
            try:
                yield self._class()
            finally:
                current.end()

    def _class(self) -> type[LabelStudioMLBase]:
        module = import_module(self._source.module.stem)
        found = [
            kind
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if issubclass(kind, LabelStudioMLBase) and kind.__module__ == module.__name__
        ]
        if self._source.name:
            found = [kind for kind in found if kind.__name__ == self._source.name]
        last = [kind for kind in found if not any(kind in one.__bases__ for one in found)]
        if len(last) != 1:
            names = ", ".join(kind.__name__ for kind in last) or "none"
            raise LookupError(f"{self._source.module.name} has to offer one backend, not {names}")
        return last[0]

    def _made(self, kind: type[LabelStudioMLBase]) -> LabelStudioMLBase:
        return kind(project_id=str(PROJECT), label_config=self.label_config)


def _event(tasks: Sequence[Task], label_config: str) -> dict[str, Any]:
    """Return what `fit` gets: as Label Studio's webhook of the newest annotation has it."""
    last = copy.deepcopy(tasks[-1])
    project = {"id": PROJECT, "label_config": label_config}
    return {"action": EVENT, "project": project, "task": last, "annotation": last["annotations"][0]}
