"""One version of several controls: their models, and one artefact that holds those of all."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes import BUILT_IN, both_encoders, load
from labelloop.recipes.protocol import Fitted, Model, Trained
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
    """One control's model. `group`: the prefix of the features that it reads."""

    name: str
    group: str
    model: Model


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
        answers = {}
        for part in self.parts:
            own = own_columns(part.group, features)
            if not len(features) or own.blocks.keys() >= set(part.model.needs):
                answers[prefix_of(part.name)] = part.model.answer(own)
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
                model = load(row["recipe"], body[start : start + row["bytes"]])
                parts.append(Part(str(row["name"]), str(row["group"]), model))
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

    def out_of_fold(self, trained: Trained, examples: int) -> Answers:
        """Return answers of all examples: of those without a label of it, it has learnt none."""
        labelled = np.array(self.rows, np.int64)
        others = np.setdiff1d(np.arange(examples), labelled)
        if not len(others):
            return trained.out_of_fold
        rest = self.model.answer(self.features.take(others))
        order = np.argsort(np.concatenate([labelled, others]), kind="stable")
        return joined_answers([trained.out_of_fold, rest]).take(order)


class FittedSeveral(SeveralModel):
    """The models of several controls as they were fitted. `not_learnt`: why others were not."""

    def __init__(
        self, parts: Sequence[FittedPart], examples: int, not_learnt: Sequence[str] = ()
    ) -> None:
        super().__init__([Part(part.name, part.group, part.model) for part in parts])
        self._fitted, self._examples, self._not_learnt = parts, examples, list(not_learnt)

    def packed(self) -> Trained:
        """Return all artefacts as one, and all answers out of fold beside each other."""
        trained = [part.model.packed() for part in self._fitted]
        header = {
            "format": BUILT_IN[NAME],
            "parts": [
                {
                    "name": part.name,
                    "recipe": part.recipe,
                    "group": part.group,
                    "bytes": len(one.artefact),
                }
                for part, one in zip(self._fitted, trained, strict=True)
            ],
        }
        artefact = _packed(header, b"".join(one.artefact for one in trained))
        facts = {p.name: one.facts for p, one in zip(self._fitted, trained, strict=True)}
        answers = {
            prefix_of(part.name): part.out_of_fold(one, self._examples)
            for part, one in zip(self._fitted, trained, strict=True)
        }
        return Trained(
            artefact,
            {"bytes": len(artefact), "controls": facts, "not_learnt": self._not_learnt},
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
