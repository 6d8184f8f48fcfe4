"""What a recipe is: all that the loop knows of a kind of labelling.

A recipe reads label configs of its kind and makes a `Control` of each: the recipe bound to one
project. The loop stores what a control gives it, compares answers by the control's `Measure`, and
never looks into either. `tests/contract/recipes.py` checks that a recipe keeps to what is said
here.

Tasks, inputs, labels and rows are always in one order. Nothing here may depend on the time, on
chance or on the order of a dictionary: the same call gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # functions without numpy read label configs
    import numpy as np
    from numpy.typing import NDArray

    from labelloop.domain.answers import Answers, Floats, Label
    from labelloop.domain.columns import Columns
    from labelloop.domain.intake.folding import Dataset
    from labelloop.domain.judging.savings import Law
    from labelloop.domain.measure import Measure
    from labelloop.labelstudio.label_config import LabelConfig

type Input = Any
"""What a recipe reads of a task's data: a text, addresses of images, a pair of texts."""
type Region = dict[str, Any]
"""One region of an annotation's or a prediction's result, in Label Studio's JSON."""


class Encoder(Protocol):
    """A fixed model that turns texts into vectors: the same text into the same vector, always."""

    @property
    def name(self) -> str:
        """The model's name and its checksum: vectors of equal names may be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions), whatever the texts hold."""
        ...


class Tools(Protocol):
    """What the stack lends a recipe to compute features with."""

    @property
    def encoder(self) -> str:
        """The name of the stack's encoder, empty without one."""
        ...

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions). ValueError without an encoder.

        What was encoded before is remembered, or stored with the project. May raise Unfinished
        where there is more to encode than a function has time for; the next call goes on there.
        """
        ...


class Model(Protocol):
    """A model version ready to predict."""

    @property
    def names(self) -> Sequence[str]:
        """What its answers are about, as in `Answers.names`."""
        ...

    @property
    def encoder(self) -> str:
        """The name of the encoder whose vectors it needs, empty if it needs none."""
        ...

    @property
    def needs(self) -> Collection[str]:
        """The blocks of features that it looks at."""
        ...

    def answer(self, seen: Columns) -> Answers:
        """Return the answers for n tasks of which it sees these features.

        A task's answer does not depend on the others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gives, checked: the bytes of `artefact` load as what was trained.

    `facts`: what goes on the model card beside what the loop writes there. `out_of_fold`: what a
    model that never learnt the label of an example says of it, in the examples' order; numbers that
    are not finite where there is no such model.
    """

    artefact: bytes
    facts: dict[str, Any]
    out_of_fold: Answers


class Fitted(Model, Protocol):
    """A model as it was fitted: it predicts, and can be made into an artefact."""

    def packed(self) -> Trained:
        """Return the model as it is stored. BadModel if the artefact answers differently."""
        ...


class Control(Protocol):
    """A recipe bound to one project's label config. Immutable and hashable."""

    def __hash__(self) -> int:
        """Return the same for the same control."""
        ...

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        ...

    @property
    def sees(self) -> str:
        """What it reads of tasks, as a text: stored features of equal texts are the same."""
        ...

    @property
    def offered(self) -> tuple[str, ...]:
        """The parts of labels that the config offers, in its order; none for numbers."""
        ...

    @property
    def measure(self) -> Measure:
        """How its answers are compared."""
        ...

    @property
    def law(self) -> Law | None:
        """What an active order saves by the error; None: no saving is claimed."""
        ...

    @property
    def is_pushable(self) -> bool:
        """Whether Label Studio's import of predictions takes its results."""
        ...

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it.

        `choice`: the control's name; `text`: what it reads of tasks, as the config has it;
        `labels`: what it offers; `others`: the controls that are not learnt, by their titles.
        """
        ...

    def input_of(self, data: Any) -> Input | None:
        """Return what there is to see of a task's data, None if nothing. Any JSON may come."""
        ...

    def work(self, one: Input) -> int:
        """Return what a prediction for an input costs, in characters of a text."""
        ...

    def features(
        self, inputs: Sequence[Input], tools: Tools, only: Collection[str] | None = None
    ) -> Columns:
        """Return what models see of n inputs: numbers that no version changes.

        `only`: the blocks that are wanted, all for None. A block that the stack has no tool for is
        left out.
        """
        ...

    def apart(self, encoder: str) -> Collection[str]:
        """Return the blocks of features by which tasks are told apart beside an encoder."""
        ...

    def vectors(self, seen: Columns) -> Floats:
        """Return unit vectors by which tasks are told apart, shape (n, dimensions)."""
        ...

    def label_of(self, result: list[Region]) -> Label | None:
        """Return the label that an annotation's result gives, None if none that can be learnt."""
        ...

    def why_unusable(self, result: list[Region], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and an example of what it says; else blanks.

        `is_readable`: whether the task has an input.
        """
        ...

    def parts(self, label: Label) -> Sequence[str]:
        """Return what a label is made of: the choice, the types of its spans; none for numbers."""
        ...

    def missing(self, labels: Sequence[Label], least: int) -> str:
        """Return why nothing can be learnt of these labels yet, empty if it can.

        `least`: how many a first model takes by the stack's settings.
        """
        ...

    def fit(
        self,
        labels: Sequence[Label],
        seen: Columns,
        pool: Columns | None = None,
        tools: Tools | None = None,
    ) -> Fitted:
        """Learn from n labels and the features of their tasks. Deterministic.

        `pool`: some tasks without a label. Unprocessable if nothing can be learnt of them.
        """
        ...

    def load(self, artefact: bytes) -> Model:
        """Return a stored model. BadModel, OutOfMemory."""
        ...

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return which of a version's names may be shown, None if it can't answer this config."""
        ...

    def shown(self, a: Answers, known: Sequence[str]) -> Answers:
        """Return the answers by the names that may be shown."""
        ...

    def results(self, a: Answers) -> list[list[Region]]:
        """Return a result for each task, in Label Studio's JSON, with the model's confidence."""
        ...

    def largest(self, names: Sequence[str]) -> list[Region]:
        """Return a result as large as any that answers of these names give: answers are bounded."""
        ...


class Recipe(Protocol):
    """A kind of labelling."""

    @property
    def name(self) -> str:
        """Its name: lower-case letters, digits and underscores. Stored with all that it makes."""
        ...

    @property
    def format(self) -> int:
        """Of its artefacts and features, 1 or more; raise it when either changes its meaning."""
        ...

    def read(self, config: LabelConfig) -> Control | None:
        """Return the control of a label config, None if there is none of this kind."""
        ...

    def why_not(self, config: LabelConfig) -> str:
        """Return why a config has no control of this kind, in words for whoever wrote it."""
        ...

    def load(self, artefact: bytes) -> Model:
        """Return a stored model, whatever the label config. BadModel, OutOfMemory."""
        ...


class Replayable(Recipe, Protocol):
    """A recipe whose projects can be replayed from an export, which has no label config."""

    def of_export(self, dataset: Dataset, control: str, field: str) -> Control | None:
        """Return the control that most annotations of an export are by, None if none is this kind.

        `control` and `field`: the names that were asked for, empty if none. Unprocessable says what
        the export lacks.
        """
        ...

    def same(self, one: Input) -> str:
        """Return a text that is equal for inputs that say the same; empty for a blank one."""
        ...
