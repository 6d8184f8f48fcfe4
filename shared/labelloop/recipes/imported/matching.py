"""Find out what the inputs of a graph are fed with, and which output says what.

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
_FLOATS: Final = {"float", "double", "float16"}
_NUMBERS: Final = _FLOATS | _WHOLE | {"bool"}
_ANSWERS: Final = ("probabilities", "output_probability", "probs", "logits", "scores", "output")
_POOLED: Final = ("pooler_output", "sentence_embedding", "embeddings", "embedding")
_NAME_INPUTS: Final = "name what it gets: --input NAME=text, =ids, =mask, =types, =column:FIELD"
_NAME_OUTPUT: Final = "name the one with a number for each label: --output NAME"


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
    if slot.type in _FLOATS and len(slot.shape) == 2 and len(slots) == 1:
        return COLUMNS, named.columns
    if slot.type in _NUMBERS | {"string"} and len(slots) > 1 and slot.shape[1:] in ((), (1,)):
        return COLUMN, (slot.name,)
    raise BadModel(f"nothing is known to fit the input {slot}", _NAME_INPUTS)


def _check(fed: Fed) -> None:
    wanted, ranks = {
        TEXT: ({"string"}, (1, 2)),
        IDS: (_WHOLE, (2,)),
        MASK: (_WHOLE | _FLOATS, (2,)),
        TYPES: (_WHOLE, (2,)),
        COLUMN: (_NUMBERS | {"string"}, (1, 2)),
        COLUMNS: (_FLOATS, (2,)),
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


@dataclass(frozen=True, slots=True)
class Told:
    """Which output gives the answers. `keys`: the classes, where it is a list of maps."""

    output: str
    labels: tuple[str, ...]
    keys: tuple[str | int, ...] = ()


def output_of(
    slots: Sequence[Slot],
    labels: Sequence[str],
    classes: Sequence[str | int],
    named: Named,
) -> Told:
    """Return which output gives a number for each label. `classes`: those that the graph names."""
    ordered = _ordered(labels, classes)
    slot = _answering(slots, len(labels), named.output)
    if slot.type == "sequence":
        if not classes:
            raise BadModel(
                f"the output {slot.name!r} is a list of maps, and the graph names no classes",
                "export it with a matrix: options={'zipmap': False}",
            )
        return Told(slot.name, ordered, tuple(classes))
    return Told(slot.name, ordered)


def _answering(slots: Sequence[Slot], labels: int, wanted: str) -> Slot:
    there = ", ".join(map(str, slots))
    if wanted:
        found = next((slot for slot in slots if slot.name == wanted), None)
        if found is None:
            raise BadModel(f"it has no output {wanted!r}", f"there are: {there}")
        if why := _why_no_answer(found, labels):
            raise BadModel(why, _NAME_OUTPUT)
        return found
    fitting = [slot for slot in slots if not _why_no_answer(slot, labels)]
    known = [slot for name in _ANSWERS for slot in fitting if slot.name.lower() == name]
    if len(fitting) == 1 or known:
        return (known or fitting)[0]
    if fitting:
        raise BadModel(f"several outputs may be the answer: {there}", _NAME_OUTPUT)
    whys = "; ".join(_why_no_answer(slot, labels) for slot in slots)
    raise BadModel(whys, f"name all labels of the model, in its order: --labels. {_NAME_OUTPUT}")


def _why_no_answer(slot: Slot, labels: int) -> str:
    """Return why an output has no number for each label, empty if it may have."""
    if slot.type == "sequence":
        return ""
    if slot.type not in _FLOATS:
        return f"the output {slot} holds no numbers"
    if len(slot.shape) != 2:
        return f"the output {slot} is no row of numbers for each task"
    width = slot.shape[1]
    is_positive = labels == 2 and width == 1
    if isinstance(width, int) and width > 0 and width != labels and not is_positive:
        return f"the output {slot} has {width} numbers for a task, and {labels} labels are named"
    return ""


def _ordered(labels: Sequence[str], classes: Sequence[str | int]) -> tuple[str, ...]:
    """Return the labels in the order of the model's classes: by name if it names them all."""
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise BadModel("it takes two labels or more, each once", "--labels spam,ham")
    if classes and len(classes) != len(labels):
        names = ", ".join(map(str, classes[:10]))
        raise BadModel(
            f"it knows {len(classes)} classes ({names}), and {len(labels)} labels are named",
            "name a label for each class, in that order: --labels",
        )
    texts = [one for one in classes if isinstance(one, str)]
    if set(texts) == set(labels):
        return tuple(texts)
    for place, text in enumerate(texts):
        if text in labels and labels[place] != text:
            raise BadModel(
                f"its class {place + 1} is {text!r}, and the label there is {labels[place]!r}",
                f"name the labels in its order: {', '.join(texts)}",
            )
    return tuple(labels)


def vectors_of(slots: Sequence[Slot], named: Named) -> str:
    """Return the output with a vector for each task; empty if there is none."""
    rows = [slot for slot in slots if slot.type in _FLOATS and len(slot.shape) == 2]
    if named.vectors:
        if named.vectors not in [slot.name for slot in rows]:
            there = ", ".join(map(str, slots))
            message = f"the output {named.vectors!r} is no row of numbers for each task"
            raise BadModel(message, f"there are: {there}")
        return named.vectors
    return next((slot.name for slot in rows if slot.name.lower() in _POOLED), "")
