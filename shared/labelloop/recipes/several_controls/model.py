"""One version of several controls: their models, and one artefact that holds those of all."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes import BUILT_IN, load
from labelloop.recipes.protocol import Fitted, Model, Trained
from labelloop.recipes.region_answers.fitted import FittedRegions
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
        encoders = {part.model.encoder for part in parts} - {""}
        if len(encoders) > 1:
            raise BadModel(f"parts of it need different encoders: {', '.join(sorted(encoders))}")
        self.encoder = next(iter(encoders), "")

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


@dataclass(frozen=True, slots=True)
class FittedPart:
    """One control's model as it was fitted. `rows`: the examples that have a label of it.

    `features`: of all examples, as the control sees them.
    """

    name: str
    recipe: str
    group: str
    model: Fitted
    rows: tuple[int, ...]
    features: Columns
    of: str = ""

    def header(self, size: int) -> dict[str, Any]:
        """Return what tells how to load the model out of so many bytes."""
        row = {"name": self.name, "recipe": self.recipe, "group": self.group, "bytes": size}
        if not isinstance(self.model, RegionModel):
            return row
        types = None if self.model.types is None else sorted(self.model.types)
        return row | {"of": {"control": self.of, "types": types, "needs": self.model.needs}}

    def out_of_fold(
        self, trained: Trained, examples: int, before: Mapping[str, Answers]
    ) -> Answers:
        """Return answers of all examples: of those without a label of it, it has learnt none.

        `before`: those of the controls before it.
        """
        if isinstance(self.model, FittedRegions):
            spans = before[prefix_of(self.of)]
            return self.model.out_of_fold(trained, self.rows, self.features, spans)
        labelled = np.array(self.rows, np.int64)
        others = np.setdiff1d(np.arange(examples), labelled)
        if not len(others):
            return trained.out_of_fold
        rest = self.model.answer(self.features.take(others))
        order = np.argsort(np.concatenate([labelled, others]), kind="stable")
        return joined_answers([trained.out_of_fold, rest]).take(order)


class FittedSeveral(SeveralModel):
    """The models of several controls as they were fitted."""

    def __init__(self, parts: Sequence[FittedPart], examples: int) -> None:
        super().__init__([Part(part.name, part.group, part.model, part.of) for part in parts])
        self._fitted, self._examples = parts, examples

    def packed(self) -> Trained:
        """Return all artefacts as one, and all answers out of fold beside each other."""
        trained = [part.model.packed() for part in self._fitted]
        header = {
            "format": BUILT_IN[NAME],
            "parts": [
                part.header(len(one.artefact))
                for part, one in zip(self._fitted, trained, strict=True)
            ],
        }
        artefact = _packed(header, b"".join(one.artefact for one in trained))
        facts = {p.name: one.facts for p, one in zip(self._fitted, trained, strict=True)}
        answers: dict[str, Answers] = {}
        for part, one in zip(self._fitted, trained, strict=True):
            answers[prefix_of(part.name)] = part.out_of_fold(one, self._examples, answers)
        return Trained(
            artefact,
            {"bytes": len(artefact), "controls": facts},
            answers_beside(self._examples, answers),
        )


def _packed(header: dict[str, Any], body: bytes) -> bytes:
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
