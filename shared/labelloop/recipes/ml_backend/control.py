"""What a label config means to a backend: the tasks' data as it is, and all regions of a control.

Whatever needs numpy is imported late: a function without it reads label configs, too.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labelloop.errors import Unprocessable
from labelloop.recipes.ml_backend.reading import Asked, Label, Reader, Region
from labelloop.recipes.text import seen

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Block, Columns
    from labelloop.recipes.ml_backend.measure import BackendMeasure
    from labelloop.recipes.ml_backend.model import BackendModel, FittedBackend
    from labelloop.recipes.ml_backend.running import Source
    from labelloop.recipes.protocol import Tools

FIELD: Final = re.compile(r"\$(\w+)")
_ENTRY: Final = 300  # characters of a region as JSON, for how large an answer may become
_MOST: Final = 8  # regions of a task, for the same


@dataclass(frozen=True, slots=True)
class BackendControl:
    """See `recipes.protocol.Control`. What labels are says `Reader`.

    `fields`: those of the tasks' data that the objects show, one of which a task must have.
    """

    recipe: str
    source: "Source"
    label_config: str
    answered: tuple[Asked, ...]
    fields: tuple[str, ...]
    others: tuple[str, ...]
    law: None = None
    is_pushable: bool = True

    @property
    def sees(self) -> str:
        """All of a task's data: a backend may read any of it."""
        return "data"

    @property
    def asks(self) -> str:
        """The controls that the backend answers."""
        return ", ".join(f"{one.tag.lower()} {one.name!r}" for one in self.answered)

    @property
    def offered(self) -> tuple[str, ...]:
        """What the controls offer; nothing if a task's own data decides for one of them."""
        if any(one.is_dynamic for one in self.answered):
            return ()
        return tuple(dict.fromkeys(part for one in self.answered for part in one.offers))

    @property
    def measure(self) -> "BackendMeasure":
        """How predictions are compared."""
        from labelloop.recipes.ml_backend.measure import BackendMeasure

        return BackendMeasure(self.reader)

    @property
    def reader(self) -> Reader:
        """What reads the controls' labels."""
        return Reader(self.answered)

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return {
            "choice": ", ".join(one.name for one in self.answered),
            "text": ", ".join(f"${name}" for name in self.fields),
            "labels": list(self.offered),
            "others": list(self.others),
        }

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return a task's data, None if it has nothing that is shown."""
        if not isinstance(data, Mapping) or not data:
            return None
        has_any = any(data.get(name) not in (None, "") for name in self.fields)
        return dict(data) if has_any or not self.fields else None

    def work(self, input_: Mapping[str, Any]) -> int:
        """Return the cost of a task."""
        return seen.work(_text(input_))

    def features(
        self,
        inputs: Sequence[Mapping[str, Any]],
        tools: "Tools",
        only: Collection[str] | None = None,
    ) -> "Columns":
        """Return the tasks as JSON, and what tells them apart."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.ml_backend.answers import texts
        from labelloop.recipes.ml_backend.model import TASK

        blocks: dict[str, Block] = {}
        if only is None or TASK in only:
            blocks[TASK] = texts(inputs)
        if only is None or set(only) - {TASK}:
            apart = seen.features([_text(one) for one in inputs], tools, only)
            blocks |= apart.blocks
        return Columns(len(inputs), blocks)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the encoder's vectors of all texts, or the bags where there is none."""
        return seen.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return vectors that are close for tasks with texts alike."""
        return seen.vectors(features)

    def label_of(self, result: list[Region]) -> Label | None:
        """Return the label of a result."""
        return self.reader.label_of(result)

    def why_unusable(self, result: list[Region], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt."""
        if self.label_of(result) is None:
            return f"without an answer to {self.asks}", ""
        return ("", "") if is_readable else ("on tasks without data to show", "")

    def parts(self, label: Label) -> tuple[str, ...]:
        """Return the parts that a label names and that are offered."""
        named = self.reader.parts_of(label)
        return tuple(part for part in self.offered if part in named)

    def missing(self, labels: Sequence[Label], least: int) -> str:
        """Return that there are too few labels, or too few different ones."""
        if len(labels) < max(least, 1):
            return f"{len(labels)} of {max(least, 1)} labels"
        if len(self.offered) > 1 and all(label == labels[0] for label in labels):
            return "all labels are the same: label other tasks"
        return ""

    def fit(
        self,
        labels: Sequence[Label],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "FittedBackend":
        """Have the backend learn. Unprocessable where one of the small models can't be learnt."""
        from labelloop.recipes.ml_backend.model import FittedBackend, Learnt

        config, names = self.label_config, self.offered
        made = (self.recipe, self.source, config, names, self.measure, features, labels)
        try:
            return FittedBackend(Learnt(*made))
        except Exception as exc:  # a class of somebody else's may raise anything
            if tools is not None:
                raise
            raise Unprocessable(f"too few labels for a small model: {exc}") from exc

    def load(self, artefact: bytes) -> "BackendModel":
        """Return a stored backend."""
        from labelloop.recipes.ml_backend.model import loaded

        return loaded(artefact, self.recipe, self.source)

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return those names that are still offered, None if none is."""
        left = tuple(name for name in names if name in self.offered)
        return left if left or not self.offered else None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers without regions of other names."""
        return self.measure.aligned(answers, names)

    def results(self, answers: "Answers") -> list[list[Region]]:
        """Return what the backend predicted."""
        from labelloop.recipes.ml_backend.answers import results_of

        return results_of(answers)

    def largest(self, names: Sequence[str]) -> list[Region]:
        """Return about as much as a backend says of a task."""
        return [{"value": "x" * _ENTRY}] * _MOST

    def suggested(
        self,
        model: "BackendModel | None",
        task: Mapping[str, Any],
        context: Mapping[str, Any],
    ) -> list[Region]:
        """Return what the backend predicts while a person draws, trained or not."""
        from labelloop.recipes.ml_backend.model import BackendModel
        from labelloop.recipes.ml_backend.running import Backend

        untrained = BackendModel(Backend(self.source, self.label_config), self.offered)
        return (model or untrained).suggested(dict(task), context)


def _text(data: Any) -> str:
    """Return all texts of a task's data, below each other."""
    return "\n".join(_texts(data))


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        value = [value[name] for name in sorted(value)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
