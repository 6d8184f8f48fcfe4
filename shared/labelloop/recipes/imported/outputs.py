"""Find out which output of a graph has a number for each label, and which one vectors.

Everything that does not fit is a BadModel with what to do in `fix`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labelloop.errors import BadModel
from labelloop.recipes.imported.matching import FLOATS, Named, Slot

_ANSWERS: Final = ("probabilities", "output_probability", "probs", "logits", "scores", "output")
_POOLED: Final = ("pooler_output", "sentence_embedding", "embeddings", "embedding")
_NAME_OUTPUT: Final = "name the one with a number for each label: --output NAME"


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
    if slot.type not in FLOATS:
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
    rows = [slot for slot in slots if slot.type in FLOATS and len(slot.shape) == 2]
    if named.vectors:
        if named.vectors not in [slot.name for slot in rows]:
            there = ", ".join(map(str, slots))
            message = f"the output {named.vectors!r} is no row of numbers for each task"
            raise BadModel(message, f"there are: {there}")
        return named.vectors
    return next((slot.name for slot in rows if slot.name.lower() in _POOLED), "")
