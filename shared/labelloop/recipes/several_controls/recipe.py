"""The recipe for configs of which several controls can be learnt, each by another recipe."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.visibility import conditions
from labelloop.recipes import BUILT_IN, read, that_see_images
from labelloop.recipes.built_in import ORDERS_ALONE
from labelloop.recipes.region_answers.config import about_regions
from labelloop.recipes.several_controls import NAME
from labelloop.recipes.several_controls.control import SeveralControls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from labelloop.recipes.protocol import Control, Model

_BUT: Final = frozenset({NAME, *ORDERS_ALONE})


class OfSeveral:
    """What all recipes of several controls have in common: models, and so their format."""

    @property
    def format(self) -> int:
        """Its format: another one whenever that of a built-in recipe is, whose models it holds."""
        return BUILT_IN[NAME]

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_controls.model import SeveralModel

        return SeveralModel.load(artefact)


class SeveralControlsRecipe(OfSeveral):
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME

    def read(self, config: LabelConfig) -> SeveralControls | None:
        """Return all controls that can be learnt, None if fewer than two can.

        But those about images: they need another encoder than texts, and a version has one.
        """
        but = _BUT | that_see_images()
        return several_of(config, lambda one: read(one, but), NAME)

    def why_not(self, config: LabelConfig) -> str:
        """Return why there are not several controls to learn."""
        return "fewer than two controls can be learnt"


def several_of(
    config: LabelConfig, learn: "Callable[[LabelConfig], Control | None]", recipe: str
) -> SeveralControls | None:
    """Return the controls of which `learn` returns one of its own, None if there are not two.

    `learn` gets the config without any other control. `recipe`: whose versions they make.
    """
    learnt: dict[str, Control] = {}
    whys: dict[Tag, str] = {}
    for tag in sorted(config.answered(), key=_comes_late):
        name = tag.attributes.get("name", "")
        found = tag.unlearnt if name in learnt else _read(config, tag, learnt, learn)
        if isinstance(found, str):
            whys[tag] = found
        else:
            learnt[name] = found
    if len(learnt) < 2:
        return None
    hidden = conditions(config)
    return SeveralControls(
        tuple(learnt.items()),
        tuple(whys[tag] for tag in config.answered() if tag in whys),
        tuple((name, hidden[name]) for name in learnt if name in hidden),
        recipe=recipe,
    )


def _comes_late(tag: Tag) -> bool:
    """Say whether a control comes behind others: those that mark the regions it is asked of."""
    return tag.asked_of == "region"


def _read(
    config: LabelConfig,
    tag: Tag,
    learnt: "Mapping[str, Control]",
    learn: "Callable[[LabelConfig], Control | None]",
) -> "Control | str":
    """Return the control of a tag, or the tag's name and why it is not learnt."""
    if tag.asked_of == "region":
        return about_regions(config, tag, learnt)
    control = None if tag.asked_of else learn(config.only(tag))
    is_its = control is not None and control.about()["choice"] == tag.attributes.get("name", "")
    return control if control is not None and is_its else tag.unlearnt


RECIPE: Final = SeveralControlsRecipe()
