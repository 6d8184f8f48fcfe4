"""A task's own candidates: what `<Ranker>` and `<Choices value="$options">` mean for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labelloop.recipes.candidates import NAME
from labelloop.recipes.candidates.offers import (
    BUCKETS,
    CHOICE,
    MOST,
    ORDER,
    UNSORTED,
    chosen_of,
    items_of,
    options_of,
    order_of,
    sorted_of,
)
from labelloop.recipes.text import seen
from labelloop.recipes.text.field_text import FieldText
from labelloop.recipes.text.objects import TextInput

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats, Label
    from labelloop.domain.columns import Columns
    from labelloop.domain.measure import Measure
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools

_ASKS: Final = {ORDER: "ranker", BUCKETS: "ranker with buckets", CHOICE: "choice of own options"}


@dataclass(frozen=True, slots=True)
class Candidates:
    """A control of candidates. `form`: whether people order them, choose one, or sort all.

    `source`: the field that holds the candidates; `beside`: what is shown with them, such as a
    question; `buckets`: those to sort into, and what lies in none. See `recipes.protocol.Control`.
    """

    from_name: str
    to_name: str
    source: FieldText
    form: str
    beside: TextInput | None = None
    buckets: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: the candidates, by their form, and what is beside them."""
        kind = "options" if self.form == CHOICE else "items"
        return "\n".join([f"{kind}:{self.source.key}", *([self.beside.key] if self.beside else [])])

    @property
    def asks(self) -> str:
        """An order, a choice or buckets, by the control's name."""
        return f"{_ASKS[self.form]} {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """The buckets; what else is offered differs from task to task."""
        return self.buckets

    @property
    def measure(self) -> "Measure":
        """How its answers are compared."""
        from labelloop.recipes.candidates.bucket_measure import BucketMeasure
        from labelloop.recipes.candidates.score_measure import ScoreMeasure

        return BucketMeasure() if self.form == BUCKETS else ScoreMeasure(self.form == CHOICE)

    @property
    def law(self) -> None:
        """No saving is claimed."""
        return

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        beside = [self.beside.value] if self.beside else []
        return {
            "choice": self.from_name,
            "text": " + ".join([self.source.value, *beside]),
            "labels": [name for name in self.buckets if name != UNSORTED],
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return the candidates' ids and texts, None where there are none to choose from."""
        raw = self.source.raw(data)
        found = options_of(raw) if self.form == CHOICE else items_of(raw)
        if not found or (len(found) < 2 and self.form != BUCKETS):
            return None
        beside = self.beside.of(data) if self.beside else None
        ids, texts = [id_ for id_, _ in found], [text for _, text in found]
        return {"ids": ids, "texts": texts, "beside": beside or ""}

    def work(self, input_: dict[str, Any]) -> int:
        """Return the cost of all texts."""
        return sum(map(seen.work, [*input_["texts"], input_["beside"]]))

    def label_of(self, result: list["Region"]) -> "Label | None":
        """Return an order of ids, the chosen option, or the ids by bucket; None if none.

        The editor also saves an order that nobody changed; nothing sets it apart from a chosen one.
        Of several regions the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            if region.get("from_name") == self.from_name and isinstance(value, Mapping):
                return self._said(value)
        return None

    def _said(self, value: Mapping[str, Any]) -> "Label | None":
        if self.form == CHOICE:
            return chosen_of(value)
        if self.form == BUCKETS:
            return sorted_of(value, self.buckets)
        return order_of(value, self.from_name)

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and an example."""
        if self.label_of(result) is None:
            what = "that sorts nothing" if self.form == BUCKETS else ""
            is_there = any(region.get("from_name") == self.from_name for region in result)
            return f"without an answer to {self.from_name!r}", what if is_there else ""
        where = f"on tasks without candidates to tell apart under {self.source.value}"
        return ("", "") if is_readable else (where, "")

    def parts(self, label: "Label") -> tuple[str, ...]:
        """Return the buckets that hold anything."""
        return tuple(label) if self.form == BUCKETS else ()

    # -- learning ------------------------------------------------------------------------------

    def features(
        self,
        inputs: Sequence[dict[str, Any]],
        tools: "Tools",
        only: Collection[str] | None = None,
    ) -> "Columns":
        """Return terms, traits and vectors of the candidates, their ids, a vector of the task."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.candidates.answers import NAMED, joint, named
        from labelloop.recipes.compared import items

        texts, beside = [one["texts"] for one in inputs], [one["beside"] for one in inputs]
        found = items.features(texts, beside, tools, only, joint)
        if only is not None and NAMED not in only:
            return found
        ids = named([one["ids"] for one in inputs])
        return Columns(len(inputs), {**found.blocks, NAMED: ids})

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the vectors of tasks, or the bags where there is no encoder."""
        from labelloop.recipes.compared import items

        return items.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return the vectors of tasks."""
        from labelloop.recipes.candidates.answers import joint
        from labelloop.recipes.compared import items

        return items.vectors_of(features, joint)

    def missing(self, labels: Sequence["Label"], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or all in one bucket."""
        least = max(least, 2)
        if len(labels) < least:
            return f"a model takes {least} usable labels, and there are {len(labels)}"
        if self.form == BUCKETS and len({name for label in labels for name in label}) < 2:
            return "a model takes candidates in two buckets or more"
        return ""

    def fit(
        self,
        labels: Sequence["Label"],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from tasks and from the candidates of those in the pool."""
        from labelloop.recipes.candidates.fitted import FittedScores
        from labelloop.recipes.candidates.fitted_buckets import FittedBuckets

        made = FittedBuckets if self.form == BUCKETS else FittedScores
        return made(labels, features, pool, tools.encoder if tools else "")

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.candidates.model import loaded

        return loaded(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the buckets of a version that are offered, None if fewer than two are."""
        if self.form != BUCKETS:
            return () if not names else None
        offered = tuple(name for name in names if name in self.buckets)
        return offered if len(offered) >= 2 else None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers by the buckets that are offered."""
        from labelloop.recipes.candidates.bucket_measure import offered_only

        return offered_only(answers, names) if self.form == BUCKETS else answers

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return for each task what the model would order, choose or sort: exactly its own ids."""
        from labelloop.recipes.candidates.answers import ids_of
        from labelloop.recipes.candidates.bucket_measure import sorted_ids
        from labelloop.recipes.candidates.score_measure import ordered

        confidence = self.measure.reading(answers).confidence.tolist()
        found: list[dict[str, Any]]
        if self.form == BUCKETS:
            found = [{"ranker": each} for each in sorted_ids(answers, self.buckets)]
        elif self.form == CHOICE:
            found = [{"choices": [ids[0]]} for ids in ordered(answers)]
        else:
            found = [{"ranker": {self.from_name: ids}} for ids in ordered(answers)]
        each = zip(found, confidence, ids_of(answers), strict=True)
        return [[self._region(value, score)] if ids else [] for value, score, ids in each]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the result of a task with many candidates of long names."""
        ids = ["x" * 40] * (MOST // 10)
        value = {"choices": ids[:1]} if self.form == CHOICE else {"ranker": {self.from_name: ids}}
        return [self._region(value, 1 / 3)]

    def _region(self, value: dict[str, Any], confidence: float) -> "Region":
        """Return the region that shows an answer in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "choices" if self.form == CHOICE else "ranker",
            "value": value,
            "score": confidence,
        }
