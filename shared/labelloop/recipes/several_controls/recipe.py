"""The recipe for configs of which several controls can be learnt, each by another recipe."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.visibility import conditions
from labelloop.recipes import BUILT_IN, read
from labelloop.recipes.several_controls import NAME
from labelloop.recipes.several_controls.control import SeveralControls

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelloop.recipes.protocol import Control, Model

# What sees images has another encoder than what sees texts, and a version has one.
_BUT: Final = (NAME, "image_choices", "several_image_choices", "order_by_images", "order_alone")


class SeveralControlsRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME

    @property
    def format(self) -> int:
        """Its format: another one whenever that of a built-in recipe is, whose models it holds."""
        return BUILT_IN[NAME]

    def read(self, config: LabelConfig) -> SeveralControls | None:
        """Return all controls that can be learnt, None if fewer than two can."""
        return several_of(config, lambda one: read(one, _BUT), NAME)

    def why_not(self, config: LabelConfig) -> str:
        """Return why there are not several controls to learn."""
        return "fewer than two controls can be learnt"

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_controls.model import SeveralModel

        return SeveralModel.load(artefact)


def several_of(
    config: LabelConfig, learn: "Callable[[LabelConfig], Control | None]", recipe: str
) -> SeveralControls | None:
    """Return the controls of which `learn` returns one of its own, None if there are not two.

    `learn` gets the config without any other control. `recipe`: whose versions they make.
    """
    learnt: dict[str, Control] = {}
    others: list[str] = []
    for tag in config.answered():
        name = tag.attributes.get("name", "")
        is_left_out = _is_of_each(tag) or name in learnt
        control = None if is_left_out else learn(config.only(tag))
        if control is None or control.about()["choice"] != name:
            others.append(tag.title)
        else:
            learnt[name] = control
    if len(learnt) < 2:
        return None
    hidden = conditions(config)
    return SeveralControls(
        tuple(learnt.items()),
        tuple(others),
        tuple((name, hidden[name]) for name in learnt if name in hidden),
        recipe=recipe,
    )


def _is_of_each(tag: Tag) -> bool:
    """Say whether a control is asked of each region or item: its answers would need those."""
    return "true" in (tag.attributes.get("perregion"), tag.attributes.get("peritem"))


RECIPE: Final = SeveralControlsRecipe()
