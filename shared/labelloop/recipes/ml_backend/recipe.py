"""The recipe that a backend's class becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.recipes.ml_backend.control import FIELD, BackendControl
from labelloop.recipes.ml_backend.interface import ControlTag, LabelInterface
from labelloop.recipes.ml_backend.reading import Asked
from labelloop.recipes.ml_backend.running import Source

if TYPE_CHECKING:
    from labelloop.recipes.ml_backend.model import BackendModel


@dataclass(frozen=True, slots=True)
class BackendRecipe:
    """See `recipes.protocol.Recipe`. `kinds`: the tags that the backend answers, in lower case."""

    name: str
    source: Source
    kinds: tuple[str, ...]
    format: int = field(default=1)

    def read(self, config: LabelConfig) -> BackendControl | None:
        """Return the control of a config with one of these tags."""
        if not any(tag.kind in self.kinds for tag in config.controls()):
            return None
        text = _xml(config)
        controls = list(LabelInterface(text).controls)
        mine = [tag for tag in controls if tag.tag.lower() in self.kinds and tag.objects]
        if not mine:
            return None
        shown = [one.value for tag in mine for one in tag.objects]
        return BackendControl(
            self.name,
            self.source,
            text,
            tuple(_asked(tag) for tag in mine),
            tuple(dict.fromkeys(name for value in shown for name in FIELD.findall(value))),
            tuple(f"{tag.tag} {tag.name!r}" for tag in controls if tag not in mine),
        )

    def takes_all(self, config: LabelConfig) -> bool:
        """Say whether the backend answers all controls of a config."""
        return all(tag.kind in self.kinds for tag in config.answered())

    def why_not(self, config: LabelConfig) -> str:
        """Return that there is no tag that the backend answers."""
        return f"no {' or '.join(self.kinds)}, which the backend {self.name!r} answers"

    def load(self, artefact: bytes) -> "BackendModel":
        """Return a stored backend; BadModel."""
        from labelloop.recipes.ml_backend.model import loaded

        return loaded(artefact, self.name, self.source)

    def why_unfit(self, in_containers: bool) -> list[str]:
        """Return why the backend can't run in a function: see `recipes.protocol.Recipe`."""
        from labelloop.recipes.ml_backend.fitness import why_unfit

        return why_unfit(self.source.module.parent, in_containers)


def backend_recipe(
    name: str,
    model: Path,
    controls: Sequence[str],
    class_name: str = "",
    variables: Mapping[str, str] | None = None,
) -> BackendRecipe:
    """Return the recipe of a backend.

    `model`: the file with its class, `class_name`: which, if there are several; `controls`: the
    tags that it answers, as in `Choices`; `variables`: its settings.
    """
    settings = tuple(sorted((variables or {}).items()))
    kinds = tuple(one.lower() for one in controls)
    return BackendRecipe(name, Source(model, class_name, settings), kinds)


def _asked(tag: ControlTag) -> Asked:
    offers = () if tag.dynamic_value else tuple(tag.labels)
    return Asked(tag.name, tag.tag, tag.objects[0].name, offers, tag.dynamic_value)


def _xml(config: LabelConfig) -> str:
    return tostring(_element(config.root), "unicode")


def _element(tag: Tag) -> Element:
    made = Element(tag.name, dict(tag.written))
    made.extend([_element(child) for child in tag.children])
    return made
