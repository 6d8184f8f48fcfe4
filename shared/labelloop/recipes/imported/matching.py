"""Find out what the inputs of a graph are fed with.

By names, types and shapes, as the exporters of transformers and scikit-learn choose them; whatever
is not clear has to be named. Everything that does not fit is a BadModel with what to do in `fix`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from labelloop.errors import BadModel
from labelloop.recipes.imported.package import (
    COLUMN,
    COLUMNS,
    IDS,
    IMAGE,
    MASK,
    ROLES,
    TEXT,
    TYPES,
    Fed,
)

_TOKENS: Final = {
    "input_ids": IDS,
    "ids": IDS,
    "tokens": IDS,
    "attention_mask": MASK,
    "mask": MASK,
    "input_mask": MASK,
    "token_type_ids": TYPES,
    "segment_ids": TYPES,
}
_WHOLE: Final = {"int64", "int32"}
FLOATS: Final = {"float", "double", "float16"}
_NUMBERS: Final = FLOATS | _WHOLE | {"bool"}
_COLOURS: Final = FLOATS | {"uint8"}
_IMAGE_RANK: Final = 4
_NAME_INPUTS: Final = (
    "name what it gets: --input NAME=text, =ids, =mask, =types, =column:FIELD or =image"
)


class Slot(Protocol):
    """An input or output of a graph: see `adapters.onnx_file.Slot`."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def type(self) -> str:
        """The type of its elements; `sequence` or `map` for what is no tensor."""
        ...

    @property
    def shape(self) -> tuple[int | str, ...]:
        """Its dimensions, as a text where one may vary."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """What a person named. `inputs`: what each gets; `columns`: fields of the only input."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    output: str = ""
    vectors: str = ""


def inputs_of(slots: Sequence[Slot], named: Named, has_tokenizer: bool) -> tuple[Fed, ...]:
    """Return what each input is fed with. `has_tokenizer`: whether texts can be made tokens."""
    unknown = sorted(set(named.inputs) - {slot.name for slot in slots})
    if unknown:
        there = ", ".join(map(str, slots))
        raise BadModel(f"it has no input {unknown[0]!r}", f"there are: {there}")
    fed = tuple(_fed(slot, named, slots) for slot in slots)
    roles = [each.role for each in fed]
    if IDS in roles and not has_tokenizer:
        raise BadModel(
            f"it reads tokens ({fed[roles.index(IDS)].name!r}), and there is no tokenizer.json",
            "name the folder that holds both: tokenizer.save_pretrained(folder) writes it",
        )
    if {MASK, TYPES} & set(roles) and IDS not in roles:
        raise BadModel("it has an attention mask, and no input of token ids", _NAME_INPUTS)
    if IMAGE in roles and len(fed) > 1:
        raise BadModel(
            f"it has {len(fed)} inputs, an image among them, and an image is read alone",
            "export it with the image as its only input",
        )
    for each in fed:
        _check(each)
    return fed


def _fed(slot: Slot, named: Named, slots: Sequence[Slot]) -> Fed:
    role, fields = _role(slot, named, slots)
    shape = tuple(each if isinstance(each, int) and each > 0 else 0 for each in slot.shape)
    return Fed(slot.name, role, slot.type, shape, fields)


def _role(slot: Slot, named: Named, slots: Sequence[Slot]) -> tuple[str, tuple[str, ...]]:
    if slot.name in named.inputs:
        role, _, fields = named.inputs[slot.name].partition(":")
        if role not in ROLES:
            raise BadModel(f"an input gets no {role!r}", _NAME_INPUTS)
        names = tuple(name.strip() for name in fields.split(",") if name.strip())
        return role, names or ((slot.name,) if role == COLUMN else ())
    token = _TOKENS.get(slot.name.lower())
    if token and slot.type in _WHOLE and len(slot.shape) == 2:
        return token, ()
    if slot.type == "string" and len(slots) == 1:
        return TEXT, ()
    if slot.type in FLOATS and len(slot.shape) == 2 and len(slots) == 1:
        return COLUMNS, named.columns
    if slot.type in _NUMBERS | {"string"} and len(slots) > 1 and slot.shape[1:] in ((), (1,)):
        return COLUMN, (slot.name,)
    if slot.type in _COLOURS and len(slot.shape) == _IMAGE_RANK and len(slots) == 1:
        return IMAGE, ()
    raise BadModel(f"nothing is known to fit the input {slot}", _NAME_INPUTS)


def _check(fed: Fed) -> None:
    wanted, ranks = {
        TEXT: ({"string"}, (1, 2)),
        IDS: (_WHOLE, (2,)),
        MASK: (_WHOLE | FLOATS, (2,)),
        TYPES: (_WHOLE, (2,)),
        COLUMN: (_NUMBERS | {"string"}, (1, 2)),
        COLUMNS: (FLOATS, (2,)),
        IMAGE: (_COLOURS, (_IMAGE_RANK,)),
    }[fed.role]
    if fed.type not in wanted or len(fed.shape) not in ranks:
        dimensions = ", ".join(str(each or "any") for each in fed.shape)
        types = " or ".join(sorted(wanted))
        raise BadModel(
            f"the input {fed.name!r} is {fed.type}[{dimensions}], and {fed.role} is {types} of "
            f"{' or '.join(map(str, ranks))} dimensions",
            _NAME_INPUTS,
        )
    if fed.shape[0] > 1:
        raise BadModel(
            f"the input {fed.name!r} always takes {fed.shape[0]} tasks at once",
            "export it with a dynamic first dimension: dynamic_axes, or dynamic_shapes",
        )
    if fed.role in (TEXT, COLUMN) and len(fed.shape) == 2 and fed.shape[1] > 1:
        raise BadModel(
            f"the input {fed.name!r} takes {fed.shape[1]} values of a task, and gets one",
            "name them: --input NAME=columns:a,b,c" if fed.role == COLUMN else _NAME_INPUTS,
        )
    if fed.role == COLUMNS:
        _check_columns(fed)


def _check_columns(fed: Fed) -> None:
    if not fed.fields:
        width = str(fed.shape[1] or "some")
        raise BadModel(
            f"the input {fed.name!r} takes {width} numbers of a task",
            "name the fields of the tasks' data, in the model's order: --columns age,income",
        )
    if fed.shape[1] not in (0, len(fed.fields)):
        raise BadModel(
            f"the input {fed.name!r} takes {fed.shape[1]} numbers of a task, and "
            f"{len(fed.fields)} columns are named",
            "name as many: --columns age,income",
        )
