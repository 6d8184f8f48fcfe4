"""The recipe for which of two texts people prefer."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.pairs import FORMAT, NAME
from labelloop.recipes.pairs import config as configs
from labelloop.recipes.pairs.control import Pairs

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class PairsRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> Pairs | None:
        """Return the first comparison that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no comparison can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.pairs.model import StoredPairs

        return StoredPairs(artefact)


RECIPE: Final = PairsRecipe()
