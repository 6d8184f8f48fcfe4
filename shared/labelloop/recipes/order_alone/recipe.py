"""The recipe for the order of tasks alone, for configs that no other recipe reads."""

from typing import TYPE_CHECKING, Final

from labelloop.errors import BadModel
from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.order_alone import FORMAT, NAME, NEVER
from labelloop.recipes.order_alone.control import OrderAlone
from labelloop.recipes.text.objects import TextObject, why_unread

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class OrderAloneRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT

    def read(self, config: LabelConfig) -> OrderAlone | None:
        """Return the control of a config with any control, and any object that shows text."""
        controls, objects = config.controls(), texts_of(config)
        if not controls or not objects:
            return None
        names = tuple(tag.attributes.get("name", "") for tag in controls)
        return OrderAlone(objects, names, tuple(tag.title for tag in controls))

    def why_not(self, config: LabelConfig) -> str:
        """Return why tasks can't be ordered."""
        if not config.controls():
            return ""
        unread = [why for tag in _shown(config) if (why := why_unread(tag))]
        reason = (
            "tasks can't be ordered: no text of theirs is shown, nor an image that all is about"
        )
        return "; ".join([reason, *unread[:1]])

    def load(self, artefact: bytes) -> "Model":
        """Raise BadModel: there are no models of this kind."""
        raise BadModel(NEVER)


def texts_of(config: LabelConfig) -> tuple[TextObject, ...]:
    """Return all objects of a config that show text."""
    return tuple(TextObject.read(tag) for tag in _shown(config) if not why_unread(tag))


def _shown(config: LabelConfig) -> list[Tag]:
    """Return the tags that show something of a task."""
    tags = [tag for tag in config.root.walk() if not tag.is_control]
    return [tag for tag in tags if "$" in tag.attributes.get("value", "")]


RECIPE: Final = OrderAloneRecipe()
