"""The recipe for paths through a tree of choices, about a text."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.taxonomy import FORMAT, NAME
from labelloop.recipes.taxonomy import config as configs
from labelloop.recipes.taxonomy.control import Taxonomy

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class TaxonomyRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> Taxonomy | None:
        """Return the first taxonomy that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no taxonomy can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.taxonomy.model import TaxonomyModel

        return TaxonomyModel(artefact)


RECIPE: Final = TaxonomyRecipe()
