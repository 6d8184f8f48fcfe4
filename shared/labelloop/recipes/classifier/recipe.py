"""The recipe: what it reads of label configs, and how a classifier is made for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from labelloop.recipes.text_choices import config as choices
from labelloop.recipes.text_choices.control import TextChoices

if TYPE_CHECKING:
    from labelloop.domain.columns import Columns
    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.classifier.fitted import FittedClassifier
    from labelloop.recipes.classifier.stored import StoredClassifier
    from labelloop.recipes.protocol import Tools


@dataclass(frozen=True, eq=False)
class TextClassifier:
    """A recipe for `<Choices>` about a text, learnt by a scikit-learn classifier.

    `name` is stored with each version: never change it. `make` returns a new classifier that has
    `predict_proba` and that skl2onnx can convert; it imports scikit-learn itself, as not all
    functions have it. `width`: places that words are counted in. Raise `format` when `width`
    changes, or when stored models shall no longer be served.
    """

    name: str
    make: Callable[[], Any]
    width: int = 1_024
    format: int = 1

    def read(self, config: "LabelConfig") -> "ClassifierControl | None":
        """Return the control of a label config, None if it has none of this kind."""
        found = choices.read(config)
        if found is None:
            return None
        read = {field.name: getattr(found, field.name) for field in fields(found)}
        return ClassifierControl(**read, by=self)

    def why_not(self, config: "LabelConfig") -> str:
        """Return why there is none, for the author of the config."""
        return choices.why_none(config)

    def load(self, artefact: bytes) -> "StoredClassifier":
        """Return a stored model; BadModel for what is none."""
        from labelloop.recipes.classifier.stored import StoredClassifier

        return StoredClassifier(artefact)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierControl(TextChoices):
    """The recipe bound to one project's label config. `by`: the recipe."""

    by: TextClassifier

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.by.name

    @property
    def law(self) -> None:  # type: ignore[override] # nobody has measured what it saves
        """Return None: how many labels an active order saves is not known."""

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "FittedClassifier":
        """Train a classifier on vectors and words."""
        from labelloop.recipes.classifier.fitted import FittedClassifier

        encoder = tools.encoder if tools else ""
        return FittedClassifier(self.by.make, labels, features, self.by.width, encoder)

    def load(self, artefact: bytes) -> "StoredClassifier":
        """Return a stored model."""
        return self.by.load(artefact)
