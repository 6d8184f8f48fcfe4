"""The recipe for which of a task's own candidates people prefer."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.candidates import FORMAT, NAME
from labelloop.recipes.candidates import config as configs
from labelloop.recipes.candidates.control import Candidates

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class CandidatesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> Candidates | None:
        """Return the first control of candidates that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no control of candidates can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.candidates.model import loaded

        return loaded(artefact)


RECIPE: Final = CandidatesRecipe()
