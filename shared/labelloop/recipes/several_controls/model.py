"""One version of several controls: their models, and one artefact that holds those of all."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes import BUILT_IN, both_encoders, load
from labelloop.recipes.protocol import Model
from labelloop.recipes.region_answers.model import RegionModel
from labelloop.recipes.several_controls import NAME
from labelloop.recipes.several_controls.parts import (
    answers_beside,
    named,
    own_columns,
    prefix_of,
)

_MAGIC: Final = b"labelloop several controls\n"
_LENGTH: Final = 8  # bytes that say how long the header is


@dataclass(frozen=True, slots=True)
class Part:
    """One control's model. `group`: the prefix of the features that it reads.

    `of`: the control whose regions it is about, which stands before it; empty if it is about tasks.
    """

    name: str
    group: str
    model: Model
    of: str = ""

    def answer(self, features: Columns, before: Mapping[str, Answers]) -> Answers | None:
        """Return its answers, None if it lacks features or regions. `before`: of those before."""
        if len(features) and not features.blocks.keys() >= set(self.model.needs):
            return None
        if not isinstance(self.model, RegionModel):
            return self.model.answer(features)
        spans = before.get(prefix_of(self.of))
        return None if spans is None else self.model.answer(features, spans)


class SeveralModel:
    """The models of several controls, each answering by itself."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.encoder = both_encoders(*(part.model.encoder for part in parts))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models, each after its control's name."""
        return tuple(n for p in self.parts for n in named(prefix_of(p.name), p.model.names))

    @property
    def needs(self) -> Collection[str]:
        """The blocks of features that some model reads."""
        blocks = (named(part.group, sorted(part.model.needs)) for part in self.parts)
        return tuple(dict.fromkeys(block for each in blocks for block in each))

    def answer(self, features: Columns) -> Answers:
        """Return the answers of all models beside each other.

        Those whose features are not there give none: their control is not in the config any more.
        """
        answers: dict[str, Answers] = {}
        for part in self.parts:
            own = part.answer(own_columns(part.group, features), answers)
            if own is not None:
                answers[prefix_of(part.name)] = own
        return answers_beside(len(features), answers)

    @classmethod
    def load(cls, artefact: bytes) -> Self:
        """Return a stored model; BadModel for any other bytes."""
        header, body = _unpacked(artefact)
        try:
            if header["format"] != BUILT_IN[NAME]:
                raise BadModel(f"the model has format {header['format']}, not {BUILT_IN[NAME]}")
            rows: list[dict[str, Any]] = header["parts"]
            if sum(row["bytes"] for row in rows) != len(body) or not rows:
                raise BadModel("the model's parts are not as long as they should be")
            parts, start = [], 0
            for row in rows:
                model: Model = load(row["recipe"], body[start : start + row["bytes"]])
                of = row.get("of", {})  # earlier releases had none
                if of:
                    model = RegionModel(model, of["types"], of["needs"])
                about = str(of.get("control", ""))
                parts.append(Part(str(row["name"]), str(row["group"]), model, about))
                start += row["bytes"]
        except (KeyError, TypeError) as exc:
            raise BadModel("the model's header is none") from exc
        return cls(parts)


def packed(header: dict[str, Any], body: bytes) -> bytes:
    """Return an artefact: its header, and the models' bytes laid end to end."""
    text = json.dumps(header).encode()
    return _MAGIC + len(text).to_bytes(_LENGTH, "big") + text + body


def _unpacked(artefact: bytes) -> tuple[dict[str, Any], bytes]:
    start = len(_MAGIC) + _LENGTH
    if not artefact.startswith(_MAGIC) or len(artefact) < start:
        raise BadModel("no model of several controls")
    end = start + int.from_bytes(artefact[len(_MAGIC) : start], "big")
    try:
        header = json.loads(artefact[start:end])
    except ValueError as exc:
        raise BadModel("the model's header is no JSON") from exc
    if not isinstance(header, dict):
        raise BadModel("the model's header is none")
    return header, artefact[end:]
