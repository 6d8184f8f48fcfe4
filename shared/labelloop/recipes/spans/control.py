"""Spans of a text, each of a type: what `<Labels>` and its kin mean for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import TYPE_CHECKING, Any, Final

from labelloop.recipes.spans import NAME
from labelloop.recipes.spans.places import KINDS, PHRASE, id_of, span_of, value_of
from labelloop.recipes.spans.spanned import Spanned
from labelloop.recipes.text import seen as texts

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools
    from labelloop.recipes.spans.measure import SpanMeasure

type Label = list[list[Any]]

MANY: Final = 30  # spans of a task: more are rare
_LEAST_LABELS: Final = 2


@dataclass(frozen=True, slots=True)
class Types:
    """The types of spans that a control offers. `by_value`: the type that a label's value means."""

    names: tuple[str, ...]
    by_value: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def of(self, label: Any) -> str | None:
        """Return the type that a result names, None for one that is not offered."""
        if not isinstance(label, str):
            return None
        return label if label in self.names else self.by_value.get(label)


@dataclass(frozen=True, slots=True)
class Spans:
    """A control of spans: its name, the object it is about, and the types it offers.

    A label is the ascending list of spans as [start, end, type]; see `places`. `others`: controls
    of the config that are not learnt; `is_pushable`: whether Label Studio's import of predictions
    accepts its results. See `recipes.protocol.Control`.
    """

    from_name: str
    to_name: str
    spanned: Spanned
    types: Types
    others: tuple[str, ...] = ()
    is_pushable: bool = True
    law: None = None

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks."""
        return self.spanned.key

    @property
    def asks(self) -> str:
        """Spans, by the control's name."""
        return f"{KINDS[self.spanned.kind]} {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """The types that are offered, in the order of the config."""
        return self.types.names

    @property
    def measure(self) -> "SpanMeasure":
        """How its answers are compared."""
        from labelloop.recipes.spans.measure import MEASURE

        return MEASURE

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return {
            "choice": self.from_name,
            "text": self.spanned.object.value.value,
            "labels": list(self.offered),
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return the text of a task's data and where its parts start; see `spanned`."""
        return self.spanned.of(data)

    def work(self, input_: dict[str, Any]) -> int:
        """Return the cost of a text."""
        return texts.work(input_["text"])

    def label_of(self, result: list["Region"]) -> Label | None:
        """Return the spans of an annotation; none for an annotation without any of the control.

        Whoever submits a text unmarked says that nothing is in it. None if there are spans, but all
        are of types that are not offered, or without places. Spans may overlap. None, too, if there
        are answers to other controls alone: they may be from before this control was there.
        """
        regions = [self.mark_of(one) for one in result if self.is_own(one)]
        if result and not any(one.get("from_name") == self.from_name for one in result):
            return None
        spans = {(*span, kind) for span, kinds in regions if span for kind in kinds}
        if regions and not spans:
            return None
        return [list(span) for span in sorted(spans)]

    def mark_of(self, region: "Region") -> tuple[tuple[int, int] | None, list[str]]:
        """Return the place of a region of the control, if it has one, and its offered types."""
        value = region["value"]
        labels = value.get(KINDS[self.spanned.kind])
        named = labels if isinstance(labels, list) else [labels]
        kinds = [kind for label in named if (kind := self.types.of(label))]
        return span_of(self.spanned.kind, value), kinds

    def is_own(self, region: "Region") -> bool:
        """Say whether a region is one of the control's."""
        return region.get("from_name") == self.from_name and isinstance(
            region.get("value"), Mapping
        )

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and the labels where they are not offered."""
        if self.label_of(result) is None:
            if not any(one.get("from_name") == self.from_name for one in result):
                return f"without an answer to {self.from_name!r}", ""
            if any(self.mark_of(one)[0] for one in result if self.is_own(one)):
                return "with spans of types that the label config doesn't offer", ""
            return "with spans that don't say where they start and end", ""
        value = self.spanned.object.value.value
        return ("", "") if is_readable else (f"on tasks without a text under {value}", "")

    def parts(self, label: Label) -> tuple[str, ...]:
        """Return the types of a label's spans."""
        return tuple(dict.fromkeys(kind for _, _, kind in label))

    # -- learning ------------------------------------------------------------------------------

    def features(
        self,
        inputs: Sequence[dict[str, Any]],
        tools: "Tools",
        only: Collection[str] | None = None,
    ) -> "Columns":
        """Return words and what each means, and what tells texts apart; see `seen`."""
        from labelloop.recipes.spans.seen import features

        return features(inputs, tools, only)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the encoder's vectors of texts, or the bags where there is none."""
        return texts.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return the encoder's vectors of texts, or sketches of the bags."""
        return texts.vectors(features)

    def missing(self, labels: Sequence[Label], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or no span in any."""
        least = max(least, _LEAST_LABELS)
        if len(labels) >= least and any(labels):
            return ""
        number = f"{len(labels)} text" + ("" if len(labels) == 1 else "s")
        spans = sum(map(len, labels))
        return f"a model takes {least} labelled texts with a span; there are {number} with {spans}"

    def fit(
        self,
        labels: Sequence[Label],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from the words of labelled texts."""
        from labelloop.recipes.spans.fitted import FittedTagger

        return FittedTagger(features, labels, self.offered, tools.encoder if tools else "")

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.spans.tagger import Tagger

        return Tagger.from_bytes(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the types of a version that are offered, None if none is."""
        return tuple(name for name in names if name in self.offered) or None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers by the types that are offered."""
        return self.measure.aligned(answers, names)

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return each text's spans, with the probability of each."""
        from labelloop.recipes.spans.believed import likely_spans
        from labelloop.recipes.spans.said import said_of

        said = said_of(answers)
        tasks = zip(self.measure.labels(answers), likely_spans(said, [said]), strict=True)
        return [
            [self._region(a, b, kind, p) for (a, b, kind), p in zip(spans, scores, strict=True)]
            for spans, scores in tasks
        ]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return a result with many spans of the longest name."""
        longest = max(names or ("",), key=lambda name: len(dumps(name)))
        return [self._region(*self.largest_place, longest, 1 / 3)] * MANY

    @property
    def largest_place(self) -> tuple[int, int]:
        """A place that takes as much JSON as any."""
        start = PHRASE * 1_000 if self.spanned.kind == "paragraphs" else 10_000
        return start, start + 1_000

    def _region(self, start: int, end: int, kind: str, confidence: float) -> "Region":
        """Return the region that shows a span in Label Studio.

        Each has an id of its own: the editor merges regions that share one, and saves a mix of
        both. It cuts the text itself.
        """
        key = KINDS[self.spanned.kind]
        return {
            "id": id_of(start, end),
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": key,
            "value": value_of(self.spanned.kind, start, end) | {key: [kind]},
            "score": confidence,
        }
