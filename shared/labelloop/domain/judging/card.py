"""The model card: what is known of a version, stored beside it as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

# Where the JSON has another name, or another shape, than the field: see `to_json`.
_ELSEWHERE: Final = {"dataset_seq", "dataset_sha256", "parts", "facts"}
_IMPORTED: Final = ("is_imported", "is_brought")  # facts; the second one by earlier releases


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a version was made, from what, and how it was judged. Times are ISO 8601 texts.

    `recipe`, `format`, `encoder`: what made the artefact; `sha256`: the artefact's checksum;
    `signature`: which control it answers; `learnt`: the checksum of what it learnt. `parts`: how
    often each part of a label is among its labels. `order`: see `choose_order.Ordered`; `gate`: the
    verdict; `insights`: see there. `blind_since`: since when the random share has come without
    suggestions; empty: from the beginning; None: it comes with them. `facts`: what the recipe adds.
    Cards of earlier releases lack some fields.
    """

    version: str
    format: int
    sha256: str
    dataset_seq: int
    dataset_sha256: str = ""
    recipe: str = ""
    signature: str = ""
    encoder: str = ""
    learnt: str = ""
    labels: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    strategy: str = ""
    revision: int = 0
    trained_at: str = ""
    seconds: float = 0.0
    order: Mapping[str, Any] = field(default_factory=dict)
    blind_since: str | None = None
    gate: Mapping[str, Any] = field(default_factory=dict)
    insights: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_imported(self) -> bool:
        """Whether nobody trained the version here: it needs no encoder of the stack's."""
        return any(self.facts.get(name) is True for name in _IMPORTED)

    @property
    def is_rejected(self) -> bool:
        """Whether the gate rejected the version."""
        return self.gate.get("switches") is False

    def to_json(self) -> dict[str, Any]:
        """Return the card as people and programs read it: the recipe's facts among the others."""
        names = {f.name for f in fields(self)} - _ELSEWHERE
        return {
            **self.facts,
            **{name: getattr(self, name) for name in names},
            "dataset": {"seq": self.dataset_seq, "sha256": self.dataset_sha256},
            "classes": dict(self.parts),
        }

    @classmethod
    def read(cls, version: str, stored: Mapping[str, Any]) -> Self | None:
        """Return a stored card, None if it lacks what it takes to serve its version."""
        dataset = stored.get("dataset")
        if not isinstance(dataset, Mapping) or type(dataset.get("seq")) is not int:
            return None
        names = {f.name for f in fields(cls)} - _ELSEWHERE
        values: dict[str, Any] = {"format": 0, "sha256": ""}
        values |= {name: value for name, value in stored.items() if name in names}
        others = stored.keys() - names - {"dataset", "classes"}
        return cls(
            **values | {"version": version},
            dataset_seq=dataset["seq"],
            dataset_sha256=dataset.get("sha256", ""),
            parts=stored.get("classes", {}),
            facts={name: stored[name] for name in sorted(others)},
        )
