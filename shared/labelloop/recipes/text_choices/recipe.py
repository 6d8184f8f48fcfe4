"""The recipe for one choice of several about a text."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.text import seen
from labelloop.recipes.text_choices import FORMAT, NAME
from labelloop.recipes.text_choices import config as configs
from labelloop.recipes.text_choices.control import TextChoices

if TYPE_CHECKING:
    from labelloop.domain.intake.folding import Dataset
    from labelloop.recipes.protocol import Model


class TextChoicesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> TextChoices | None:
        """Return the first choice that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no choice can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.text.onnx_model import OnnxModel

        return OnnxModel(artefact)

    def of_export(self, dataset: "Dataset", control: str, field: str) -> TextChoices | None:
        """Return the choice that is named, or the one with the most annotations."""
        from labelloop.recipes.text_choices.exported import exported

        return exported(dataset, control, field)

    def standalone(self, max_tokens: int) -> str:
        """Return lines of Python that predict a text with an artefact and onnxruntime alone."""
        from labelloop.recipes.text_choices.standalone import lines

        return lines(max_tokens)

    def same(self, input_: str) -> str:
        """Return a text without its case and with single blanks between words."""
        return seen.same(input_)


RECIPE: Final = TextChoicesRecipe()
