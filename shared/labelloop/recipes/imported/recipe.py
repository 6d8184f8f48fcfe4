"""The recipe for one choice or several by an imported model. Asked only where one is at work."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.imported import FORMAT, NAME
from labelloop.recipes.imported.control import ImportedChoice, ImportedSeveral, load
from labelloop.recipes.several_choices import config as several_configs
from labelloop.recipes.text_choices import config as configs

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class ImportedRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> ImportedChoice | ImportedSeveral | None:
        """Return the choice about a text; none where several controls are asked."""
        if len(config.answered()) != 1:
            return None
        if (one := configs.read(config)) is not None:
            return ImportedChoice.over(one)
        several = several_configs.read(config)
        return None if several is None else ImportedSeveral.over(several)

    def why_not(self, config: LabelConfig) -> str:
        """Return why an imported model answers nothing that is asked."""
        if len(config.answered()) > 1:
            titles = ", ".join(tag.title for tag in config.controls())
            return f"several controls are asked ({titles}), and an imported model answers one"
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        return load(artefact)


RECIPE: Final = ImportedRecipe()
