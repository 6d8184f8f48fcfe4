"""Texts that tasks have by address (`valueType="url"`), for whatever recipe reads them.

A recipe gets the label config, and the data, as if each text stood in the task itself. Between it
and the loop is a control whose inputs are addresses, which are fetched as features are computed.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.task_values import value_at
from labelloop.recipes.built_in import OF_SEVERAL
from labelloop.recipes.text.objects import is_fetched

if TYPE_CHECKING:
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Composed, Control, Recipe, Tools

type Input = dict[str, Any]
"""The fields of a task's data that the label config names; some hold addresses."""

_VARIABLE: Final = re.compile(r"\$([\w\[\].{}-]+)")
_UNREAD: Final = "unread"  # the block that is NaN for each task with a text that can't be read
_WORK: Final = 1_500  # characters whose encoding takes as long as fetching a text


@dataclass(frozen=True, slots=True)
class Source:
    """A field that holds the address of a text.

    `variable`: as the config names it, `$url`; `text_key`: where a dialogue holds what is said,
    empty if it is no dialogue, but a text as it is.
    """

    variable: str
    text_key: str = ""

    @classmethod
    def read(cls, tag: Tag) -> "Source":
        """Return the field of an object that `is_fetched`."""
        fields = tag.attributes
        key = (fields.get("textkey") or "text") if tag.kind == "paragraphs" else ""
        return cls(fields["value"].strip(), key)

    def address(self, data: Any) -> str:
        """Return the address that a task has, empty if it has none."""
        value = value_at(data, self.variable)
        return value.strip() if isinstance(value, str) else ""

    def shown(self, text: str) -> Any:
        """Return what the page shows of a text: of a dialogue its phrases, None if it is none."""
        if not self.text_key:
            return text
        try:
            phrases = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return phrases if isinstance(phrases, list) else None

    def stands_for(self, address: str) -> Any:
        """Return an object in place of what is at an address, to see whether it would be read."""
        return [{self.text_key: address}] if self.text_key else address


@dataclass(frozen=True, slots=True)
class FetchedTexts:
    """A control of a recipe that finds texts in the data, and the sources that they come from.

    `fields`: what of the data it may read; None for all. Whatever is not said here is as the
    recipe's own control has it: see `recipes.protocol.Control`.
    """

    control: "Control"
    sources: tuple[Source, ...]
    fields: tuple[str, ...] | None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in self.__slots__:  # as while it is unpickled
            raise AttributeError(name)
        return getattr(self.control, name)

    @property
    def sees(self) -> str:
        """What is read of tasks, and what of it at addresses."""
        fetched = ", ".join(one.variable for one in self.sources)
        return f"{self.control.sees}\nfetched: {fetched}"

    @property
    def plain(self) -> "FetchedTexts":
        """The same without an imported model, where the recipe's own control knows one."""
        return replace(self, control=cast("Any", self.control).plain)

    def after(self, artefact: bytes) -> "FetchedTexts":
        """Return the same that goes on from a version, where the recipe's own control can."""
        return replace(self, control=cast("Any", self.control).after(artefact))

    def input_of(self, data: Any) -> Input | None:
        """Return the fields that are read, None if there is nothing to read."""
        if not isinstance(data, Mapping):
            return None
        names = data if self.fields is None else self.fields
        input_ = {name: data[name] for name in names if name in data}
        is_there = self.control.input_of(self._replaced(input_, Source.stands_for)) is not None
        return input_ if is_there else None

    def work(self, input_: Input) -> int:
        """Return the cost of fetching the texts and of reading them."""
        known = self.control.input_of(self._replaced(input_, Source.stands_for))
        return self.control.work(known) + _WORK * len(list(self._addresses(input_)))

    def features(
        self, inputs: Sequence[Input], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the recipe's features; NaN in a block beside them where a text can't be read."""
        addresses = [address for one in inputs for address in self._addresses(one)]
        texts = dict(zip(addresses, tools.texts(addresses), strict=True))
        read = [self._read(one, texts) for one in inputs]
        rows = [row for row, one in enumerate(read) if one is not None]
        features = self.control.features([read[row] for row in rows], tools, only)
        return features if len(rows) == len(inputs) else _with_gaps(features, rows, len(inputs))

    def held(self, data: Mapping[str, Any], tools: "Tools") -> Mapping[str, Any] | None:
        """Return a task's data as if it held its texts, None if one of them can't be read."""
        addresses = list(self._addresses(data))
        return self._filled(data, dict(zip(addresses, tools.texts(addresses), strict=True)))

    def _addresses(self, input_: Mapping[str, Any]) -> Iterator[str]:
        return (address for one in self.sources if (address := one.address(input_)))

    def _read(self, input_: Input, texts: Mapping[str, str | None]) -> Any:
        """Return what the recipe reads of a task, None if one of its texts can't be read."""
        data = self._filled(input_, texts)
        return None if data is None else self.control.input_of(data)

    def _filled(self, data: Mapping[str, Any], texts: Mapping[str, str | None]) -> Input | None:
        if any(texts[address] is None for address in self._addresses(data)):
            return None
        return self._replaced(data, lambda one, address: one.shown(texts[address] or ""))

    def _replaced(self, data: Mapping[str, Any], by: Callable[[Source, str], Any]) -> Input:
        found = ((one, one.address(data)) for one in self.sources)
        return {**data} | {
            one.variable[1:]: by(one, address) if address else None for one, address in found
        }


def read(recipe: "Recipe", config: LabelConfig, *, reads_all: bool) -> "Control | None":
    """Return a recipe's control of a label config, one that fetches texts if there are any to.

    `reads_all`: whether the recipe may read fields that no config names.
    """
    control, given = recipe.read(config), as_texts(config)
    if given is config or getattr(recipe, "sees_images", False):
        return control
    inner = recipe.read(given)
    if inner is None or inner == control:  # which reads another object
        return control
    sources = tuple(Source.read(tag) for tag in config.root.walk() if is_fetched(tag))
    fetched = FetchedTexts(inner, sources, None if reads_all else _fields(config))
    return cast("Control", fetched)


def with_texts(
    control: "Control", task: Mapping[str, Any], tools: "Tools"
) -> Mapping[str, Any] | None:
    """Return a task as the recipe of a control knows tasks: with its texts, not their addresses.

    None if one of them can't be read. Several controls of one label config read the same texts.
    """
    of = next((one for one in _parts(control) if isinstance(one, FetchedTexts)), None)
    data = task.get("data")
    if of is None or not isinstance(data, Mapping):
        return task
    held = of.held(data, tools)
    return None if held is None else {**task, "data": held}


def _parts(control: "Control") -> "list[Control]":
    """Return a control, or the controls that it is of."""
    if control.recipe not in OF_SEVERAL:
        return [control]
    return [one for _, one in cast("Composed", control).controls]


def as_texts(config: LabelConfig) -> LabelConfig:
    """Return a label config as if all texts stood in the data: the same if they do."""
    if not any(is_fetched(tag) for tag in config.root.walk()):
        return config
    return LabelConfig(_as_texts(config.root))


def _as_texts(tag: Tag) -> Tag:
    children = tuple(map(_as_texts, tag.children))
    if not is_fetched(tag):
        return replace(tag, children=children)
    return replace(
        tag,
        children=children,
        attributes=_without_type(tag.attributes),
        written=_without_type(tag.written),
    )


def _without_type(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name.lower() != "valuetype"}


def _fields(config: LabelConfig) -> tuple[str, ...]:
    """Return the fields that a label config names: of `$a.b` both `a.b` and `a`, as in data."""
    values = [value for tag in config.root.walk() for value in tag.attributes.values()]
    paths = [path for value in values for path in _VARIABLE.findall(value)]
    paths += [value.strip()[1:] for value in values if value.strip().startswith("$")]
    return tuple(sorted({*paths, *(re.split(r"[.\[]", path)[0] for path in paths)}))


def _with_gaps(features: "Columns", rows: Sequence[int], total: int) -> "Columns":
    import numpy as np

    from labelloop.domain.columns import Columns

    unread = np.full((total, 1), np.nan, np.float16)
    unread[list(rows)] = 0
    return Columns(total, {**features.spread(rows, total).blocks, _UNREAD: unread})
