"""One choice or several about a text, by an imported model or by one that was trained after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from labelloop.recipes.imported import NAME
from labelloop.recipes.several_choices.control import SeveralChoices
from labelloop.recipes.text.control import landmarks_of
from labelloop.recipes.text_choices.control import TextChoices

if TYPE_CHECKING:
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Tools

_MOST_LETTERS: Final = 500  # of a field that may be a column
_OVERHEAD: Final = 500  # characters: what a graph of any size takes for a task, as a guess


class Imported:
    """A control whose project has an imported model; beside it the one without, in `KIND`.

    `artefact`: of the version that trainings go on from.
    """

    __slots__ = ()

    KIND: ClassVar[type[Any]]
    reads_images: ClassVar[bool] = False
    artefact: bytes

    @classmethod
    def over(cls, plain: Any) -> Self:
        """Return the control that asks what another one, of `KIND`, asks."""
        return cls(**{each.name: getattr(plain, each.name) for each in fields(plain)})

    def after(self, artefact: bytes) -> Self:
        """Return the control whose trainings go on from a version."""
        return replace(self, artefact=artefact)  # type: ignore[type-var]

    @property
    def plain(self) -> Any:
        """The control without an imported model, whose versions have answers of the same kind."""
        names = [each.name for each in fields(self.KIND)]
        return self.KIND(**{name: getattr(self, name) for name in names})

    @property
    def law(self) -> None:
        """None: what an order saves was measured without a model to begin with."""
        return


class ImportedTexts(Imported):
    """One about a text. It sees of tasks what the plain one sees and, raw, the text and the fields
    of their data, of which the model takes what it wants.
    """

    __slots__ = ()

    @property
    def is_several(self) -> bool:
        """Whether any number of the labels may be right, not just one."""
        return self.KIND is SeveralChoices

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return the text of a task's data and its columns, None if there is no text."""
        text = self.plain.input_of(data)
        if text is None:
            return None
        named = data.items() if isinstance(data, Mapping) else ()
        return {"text": text, "fields": {k: v for k, v in named if _is_column(k, v)}}

    def work(self, input_: Mapping[str, Any]) -> int:
        """Return the cost of a text."""
        cost: int = self.plain.work(input_["text"])
        return _OVERHEAD + cost

    def features(
        self,
        inputs: Sequence[Mapping[str, Any]],
        tools: "Tools",
        only: Collection[str] | None = None,
    ) -> "Columns":
        """Return bags of terms, vectors where there is an encoder, and the inputs themselves."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.imported.model import RAW, raw_of

        seen: Columns = self.plain.features([one["text"] for one in inputs], tools, only)
        if only is not None and RAW not in only:
            return seen
        return Columns(len(seen), {**seen.blocks, RAW: raw_of([dict(one) for one in inputs])})

    def fit(
        self,
        labels: Sequence[Any],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn a model as the control without an imported one does."""
        fitted: Fitted = self.plain.fit(labels, features, pool, tools)
        return fitted

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model, imported or trained."""
        return load(artefact)


@dataclass(frozen=True, slots=True)
class ImportedChoice(ImportedTexts, TextChoices):  # type: ignore[misc]
    """One choice: see `Imported`."""

    KIND: ClassVar[type[Any]] = TextChoices

    artefact: bytes = field(default=b"", compare=False, repr=False)

    def fit(
        self,
        labels: Sequence[Any],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn a model of texts; on what the imported one sees, if it was imported for that."""
        from labelloop.recipes.imported.fitted import fitted_after
        from labelloop.recipes.imported.package import is_package

        if tools is not None and is_package(self.artefact):
            landmarks = landmarks_of(pool, self.most_landmarks) if pool is not None else None
            after = fitted_after(self.artefact, labels, features, pool, landmarks, tools.encoder)
            if after is not None:
                return after
        return ImportedTexts.fit(self, labels, features, pool, tools)


@dataclass(frozen=True, slots=True)
class ImportedSeveral(ImportedTexts, SeveralChoices):  # type: ignore[misc]
    """Several choices: see `Imported`. No head is trained on what an imported model sees."""

    KIND: ClassVar[type[Any]] = SeveralChoices

    artefact: bytes = field(default=b"", compare=False, repr=False)


def load(artefact: bytes) -> "Model":
    """Return a stored model: imported, a head after one, or of a recipe without imported ones."""
    from labelloop.recipes.imported.package import is_package

    if is_package(artefact):
        from labelloop.recipes.imported import model

        return model.load(artefact)
    if artefact.startswith(b"PK"):  # numpy's archives are zip files
        from labelloop.recipes.several_choices.stored_model import StoredModel

        return StoredModel.of(artefact)
    from labelloop.recipes.text.onnx_model import OnnxModel

    return OnnxModel(artefact)


def _is_column(name: Any, value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # finite, as JSON is
    is_short = isinstance(value, str) and len(value) <= _MOST_LETTERS
    return isinstance(name, str) and (is_short or isinstance(value, bool | int))
