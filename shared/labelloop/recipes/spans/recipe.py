"""The recipe for spans of a text."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.spans import FORMAT, NAME
from labelloop.recipes.spans import config as configs
from labelloop.recipes.spans.control import Spans

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class SpansRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> Spans | None:
        """Return the first control of spans that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no spans can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.spans.tagger import Tagger

        return Tagger.from_bytes(artefact)


RECIPE: Final = SpansRecipe()
