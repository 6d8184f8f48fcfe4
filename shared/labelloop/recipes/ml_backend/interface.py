"""What a backend reads of a label config: `label_studio_sdk.label_interface`, as far as it is used.

Attributes, methods and their answers are those of label-studio-sdk 2.x.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, Final

from labelloop.labelstudio.label_config import Tag, parse

type Kinds = str | tuple[str, ...]

_LABELS: Final = {"label", "choice", "relation"}
_WHEN: Final = {"whentagname": "tag", "whenlabelvalue": "label", "whenchoicevalue": "choice"}


class LabelStudioTag:
    """A tag. `tag`: its kind as written; `attr`: its attributes as written."""

    def __init__(self, tag: Tag) -> None:
        self.tag, self.attr = tag.name, dict(tag.written)
        self.name = tag.attributes.get("name", "")
        self.value = tag.attributes.get("value", tag.attributes.get("valuelist", ""))

    def get_attr(self, attr_name: str, default: Any = None) -> Any:
        """Return an attribute in either case; the default for a blank one."""
        value = self.attr.get(attr_name, self.attr.get(attr_name.lower()))
        return default if value is None or not value.strip() else value

    def match(
        self,
        tag_type: Kinds,
        name: str | None = None,
        name_filter_fn: Callable[[str], Any] | None = None,
        to_name_filter_fn: Callable[[str], Any] | None = None,
    ) -> bool:
        """Say whether it is of a kind, has a name, and passes filters of its name."""
        kinds = (tag_type,) if isinstance(tag_type, str) else tag_type
        mine = self.name.lower()
        filters = [one for one in (name_filter_fn, to_name_filter_fn) if one]
        is_of = self.tag.lower() in {kind.lower() for kind in kinds}
        return is_of and name in (None, self.name) and all(one(mine) for one in filters)


class ObjectTag(LabelStudioTag):
    """A tag that shows something of a task. `source`: the attribute that names the field."""

    def __init__(self, tag: Tag) -> None:
        super().__init__(tag)
        self.source = "value" if "value" in tag.attributes else "valueList"

    @property
    def value_type(self) -> str | None:
        """Its `valueType`."""
        kind: str | None = self.get_attr("valueType")
        return kind

    @property
    def value_name(self) -> str:
        """The field of the task's data that it shows."""
        return self.value[1:]

    @property
    def value_is_variable(self) -> bool:
        """Whether it shows a field and nothing else."""
        return bool(re.fullmatch(r"\$[^, ]+", self.value))


class LabelTag(LabelStudioTag):
    """A choice or a label that a control offers; `parent_name`: the control's name."""

    def __init__(self, tag: Tag, parent: str) -> None:
        super().__init__(tag)
        self.value = tag.attributes.get("alias") or self.value
        self.parent_name = parent


class ControlTag(LabelStudioTag):
    """A tag that people answer, with what it offers and the objects that it is about."""

    def __init__(self, tag: Tag, objects: Mapping[str, ObjectTag]) -> None:
        super().__init__(tag)
        self.to_name = tag.attributes["toname"].split(",")
        self.objects = [objects[name] for name in self.to_name if name in objects]
        self.labels_attrs = _labels(tag, self.name)
        self.labels = list(self.labels_attrs)
        self.dynamic_value = self.value.startswith("$") or "apiurl" in tag.attributes
        is_by_region = tag.attributes.get("perregion") == "true"
        when = [key for key in _WHEN if is_by_region and key in tag.attributes][:1]
        named = [{"type": _WHEN[key], "name": tag.attributes[key]} for key in when]
        self.conditionals = named[0] if named else None

    @property
    def is_multiple_choice(self) -> bool:
        """Whether several choices may be picked."""
        return str(self.get_attr("choice", "")).startswith("multiple")

    def get_object(self, name: str | None = None) -> ObjectTag:
        """Return the object of a name, or the only one."""
        return _one(name, {tag.name: tag for tag in self.objects})

    get_input = get_object

    def as_tuple(self) -> tuple[str, str, str]:
        """Return its name, what it is about, and its kind."""
        return self.name, ",".join(self.to_name), self.tag


class LabelInterface:
    """A label config as a backend reads it."""

    def __init__(self, config: str) -> None:
        self.config = config
        root = parse(config).root
        shown = [tag for tag in root.walk() if _is_object(tag)]
        self._objects = {tag.attributes["name"]: _as_object(tag) for tag in shown}
        answered = [tag for tag in root.walk() if tag.is_control and "name" in tag.attributes]
        self._controls = {tag.attributes["name"]: self._as_control(tag) for tag in answered}

    def _as_control(self, tag: Tag) -> ControlTag:
        made: ControlTag = kind_of(ControlTag, tag.name)(tag, self._objects)
        return made

    @property
    def controls(self) -> Collection[ControlTag]:
        """All controls."""
        return self._controls.values()

    @property
    def objects(self) -> Collection[ObjectTag]:
        """All objects."""
        return self._objects.values()

    @property
    def labels(self) -> list[dict[str, LabelTag]]:
        """What each control offers, by value."""
        return [tag.labels_attrs for tag in self.controls if tag.labels_attrs]

    def get_tag(self, name: str) -> LabelStudioTag:
        """Return a control or an object by name."""
        return _one(name, {**self._objects, **self._controls})

    def get_object(self, name: str | None = None) -> ObjectTag:
        """Return an object by name, or the only one."""
        return _one(name, self._objects)

    def get_control(self, name: str | None = None) -> ControlTag:
        """Return a control by name, or the only one."""
        return _one(name, self._controls)

    get_output = get_control

    def find_tags(
        self, tag_type: str | None = None, match_fn: Callable[[Any], Any] | None = None
    ) -> list[LabelStudioTag]:
        """Return all tags, or objects, or controls, that a function says yes to."""
        is_of: dict[str, type[LabelStudioTag]]
        is_of = {"objects": ObjectTag, "inputs": ObjectTag}
        is_of |= {"controls": ControlTag, "outputs": ControlTag}
        every: list[LabelStudioTag] = [*self.objects, *self.controls]
        kind = is_of.get(tag_type or "", LabelStudioTag)
        return [one for one in every if isinstance(one, kind) and (not match_fn or match_fn(one))]

    def find_tags_by_class(self, tag_class: type | list[type]) -> list[LabelStudioTag]:
        """Return all tags of a class, or of one of several."""
        kinds = tuple(tag_class) if isinstance(tag_class, list) else tag_class
        return [one for one in self.find_tags() if isinstance(one, kinds)]

    def get_first_tag_occurence(
        self,
        control_type: Kinds,
        object_type: Kinds,
        name_filter: Callable[[str], Any] | None = None,
        to_name_filter: Callable[[str], Any] | None = None,
    ) -> tuple[str, str, str]:
        """Return the first control of a kind about an object of a kind.

        Its name, the object's, and the field that is shown.
        """
        for tag in self.controls:
            for about in tag.objects if tag.match(control_type, name_filter_fn=name_filter) else ():
                if about.match(object_type, to_name_filter_fn=to_name_filter):
                    return tag.name, about.name, about.value_name
        raise ValueError(f"the label config has no {control_type} about {object_type}")


def parse_config(config_string: str) -> dict[str, dict[str, Any]]:
    """Return the controls of a label config by name, as `parsed_label_config` has them."""
    return {tag.name: _parsed(tag) for tag in LabelInterface(config_string).controls}


def _parsed(tag: ControlTag) -> dict[str, Any]:
    read: dict[str, Any] = {"type": tag.tag, "to_name": tag.to_name}
    if tag.conditionals:
        read["conditionals"] = tag.conditionals
    if tag.dynamic_value:
        read["dynamic_labels"] = True
    inputs = [
        {"type": one.tag, "valueType": one.value_type, one.source: one.value.lstrip("$")}
        for one in tag.objects
    ]
    attributes = {value: one.attr for value, one in tag.labels_attrs.items()}
    return read | {"inputs": inputs, "labels": tag.labels, "labels_attrs": attributes}


@cache
def kind_of(base: Any, name: str) -> Any:
    """Return the class of tags of a name, such as `ChoicesTag` for `Choices`."""
    return type(f"{name}Tag", (base,), {})


def _as_object(tag: Tag) -> ObjectTag:
    made: ObjectTag = kind_of(ObjectTag, tag.name)(tag)
    return made


def _is_object(tag: Tag) -> bool:
    has_value = "value" in tag.attributes or "valuelist" in tag.attributes
    return "name" in tag.attributes and has_value and not tag.is_control


def _labels(control: Tag, name: str) -> dict[str, LabelTag]:
    tags = (LabelTag(tag, name) for tag in control.walk() if tag.kind in _LABELS)
    return {tag.value: tag for tag in tags if tag.value}


def _one[T](name: str | None, tags: Mapping[str, T]) -> T:
    if name is None and len(tags) == 1:
        return next(iter(tags.values()))
    if name is None or name not in tags:
        raise LookupError(f"the label config has no tag {name!r}, but {', '.join(tags)}")
    return tags[name]
