"""The recipe for several choices at once about a text."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.several_choices import FORMAT, NAME
from labelloop.recipes.several_choices import config as configs
from labelloop.recipes.several_choices.control import SeveralChoices

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class SeveralChoicesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> SeveralChoices | None:
        """Return the first choice of several that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no choice of several can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_choices.stored_model import StoredModel

        return StoredModel.of(artefact)


RECIPE: Final = SeveralChoicesRecipe()
