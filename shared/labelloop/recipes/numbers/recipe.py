"""The recipe for a number about a text."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.numbers import FORMAT, NAME
from labelloop.recipes.numbers import config as configs
from labelloop.recipes.numbers.control import NumberControl
from labelloop.recipes.text import seen

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class NumbersRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> NumberControl | None:
        """Return the first number that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no number can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.numbers.model import NumberModel

        return NumberModel.load(artefact)

    def same(self, input_: str) -> str:
        """Return a text without its case and with single blanks between words."""
        return seen.same(input_)


RECIPE: Final = NumbersRecipe()
