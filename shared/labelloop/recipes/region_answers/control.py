"""A control that people answer for each span of a text: what it means for the loop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labelloop.recipes.spans.control import MANY, Spans
from labelloop.recipes.spans.places import id_of, value_of

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Control, Model, Region, Tools
    from labelloop.recipes.region_answers.fitted import FittedRegions
    from labelloop.recipes.region_answers.measure import RegionMeasure

type Label = list[list[Any]]
type Span = tuple[int, int]

INNER: Final = ("text_choices", "several_choices", "taxonomy", "numbers")
"""The recipes that may read, learn and show what is said of one region."""


@dataclass(frozen=True)
class RegionAnswers:
    """A control about the regions of another one. See `recipes.protocol.Control`.

    A label is the ascending list of answered regions as [start, end, answer]: places as `spans` has
    them, answers as `inner` has them. Regions without an answer are none of it: the page shows the
    control only while a region is selected, so an empty one does not mean that nothing applies.

    `spans`: the control of the regions; `inner`: the control by which one region is answered;
    `types`: of regions that it is asked of, None for all.
    """

    name: str
    spans: Spans
    inner: "Control"
    types: frozenset[str] | None = None
    law: None = None

    @property
    def recipe(self) -> str:
        """The recipe of the spans: it sees what they see, so both share features."""
        return self.spans.recipe

    @property
    def sees(self) -> str:
        """What is read of tasks."""
        return self.spans.sees

    @property
    def asks(self) -> str:
        """What is asked of a region, and whose."""
        return f"{self.inner.asks} about regions by {self.spans.asks}"

    @property
    def offered(self) -> tuple[str, ...]:
        """What is offered for each region."""
        return self.inner.offered

    @property
    def measure(self) -> "RegionMeasure":
        """How its answers are compared: region by region."""
        from labelloop.recipes.region_answers.measure import RegionMeasure

        return RegionMeasure(self.inner.measure)

    @property
    def is_pushable(self) -> bool:
        """Whether Label Studio's import accepts its results beside those of the spans."""
        return self.inner.is_pushable and self.spans.is_pushable

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return self.inner.about() | {"choice": self.name, "text": self.spans.about()["text"]}

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> dict[str, Any] | None:
        """Return what the spans read of a task."""
        return self.spans.input_of(data)

    def work(self, input_: dict[str, Any]) -> int:
        """Return what the spans cost."""
        return self.spans.work(input_)

    def label_of(self, result: list["Region"]) -> Label | None:
        """Return the answered regions, None if there is none.

        An answer belongs to the region with its id. One without a region, about a region of types
        that it is not asked of, or by what is not offered, is none.
        """
        answers = self._answers(result)
        places = self._places(result)
        read = ((places.get(id_), self.inner.label_of(own)) for id_, own in answers.items())
        label = {place: answer for place, answer in read if place and answer is not None}
        return [[*place, label[place]] for place in sorted(label)] or None

    def _places(self, result: list["Region"]) -> dict[str, Span]:
        """Return the places of the regions that it is asked of, by id."""
        places = {}
        for region in result:
            id_ = region.get("id")
            if isinstance(id_, str) and self.spans.is_own(region):
                place, types = self.spans.mark_of(region)
                if place and self._is_asked_of(types):
                    places[id_] = place
        return places

    def _is_asked_of(self, types: Collection[str]) -> bool:
        return bool(types) and (self.types is None or not self.types.isdisjoint(types))

    def _answers(self, result: list["Region"]) -> "dict[str, list[Region]]":
        """Return all answers, by the id of their region."""
        answers: dict[str, list[Region]] = {}
        for one in result:
            id_ = one.get("id")
            if one.get("from_name") == self.name and isinstance(id_, str):
                answers.setdefault(id_, []).append(one)
        return answers

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt; by an answer that is not offered if any is."""
        if self.label_of(result) is not None:
            return self.spans.why_unusable(result, is_readable)
        places = self._places(result)
        answers = [own for id_, own in self._answers(result).items() if id_ in places]
        if answers:
            return self.inner.why_unusable(answers[0], is_readable)
        return f"without an answer to {self.name!r} for any region", ""

    def parts(self, label: Label) -> tuple[str, ...]:
        """Return the parts of all regions' answers."""
        parts = (part for *_, answer in label for part in self.inner.parts(answer))
        return tuple(dict.fromkeys(parts))

    # -- learning ------------------------------------------------------------------------------

    def features(
        self, inputs: Sequence[Any], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the features of the spans' texts."""
        return self.spans.features(inputs, tools, only)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return what tells the spans' texts apart."""
        return self.spans.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return what tells the spans' texts apart."""
        return self.spans.vectors(features)

    def missing(self, labels: Sequence[Label], least: int) -> str:
        """Return why nothing can be learnt yet: of too few tasks, or too little of regions."""
        if len(labels) < least:
            return f"a model takes {least} tasks with an answered region; there are {len(labels)}"
        return self.inner.missing([answer for label in labels for *_, answer in label], 0)

    def fit(
        self,
        labels: Sequence[Label],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "FittedRegions":
        """Learn from regions, each by its words.

        Neither texts of the pool nor names are learnt from: their vectors are not those of words.
        """
        from labelloop.recipes.region_answers.fitted import FittedRegions

        return FittedRegions(self, labels, features)

    def load(self, artefact: bytes) -> "Model":
        """Return the stored model of what is said of one region."""
        return self.inner.load(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return those of a model's names that are offered."""
        return self.inner.known(names)

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the answers by these names."""
        from labelloop.recipes.region_answers.said import said_of

        said = said_of(answers)
        return said.instead(self.inner.shown(said.answers, names)).columns()

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the answer of each region that the spans' results have, under that one's id."""
        from labelloop.recipes.region_answers.said import said_of

        said = said_of(answers)
        regions = [
            [self._placed(start, end, one) for one in result if _says(one)]
            for (_, start, end, _), result in zip(
                said.edges.tolist(), self.inner.results(said.answers), strict=True
            )
        ]
        edges = zip(said.starts.tolist(), said.starts[1:].tolist(), strict=False)
        return [[one for each in regions[a:b] for one in each] for a, b in edges]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the largest answer for as many regions as the largest result has."""
        place = self.spans.largest_place
        return [self._placed(*place, one) for one in self.inner.largest(names)] * MANY

    def without_lost(self, result: list["Region"]) -> list["Region"]:
        """Return a result without those answers of the control whose region it lacks."""
        places = self._places(result)
        return [one for one in result if one["from_name"] != self.name or one["id"] in places]

    def _placed(self, start: int, end: int, answer: "Region") -> "Region":
        """Return an answer as the editor writes it: with the id and the place of its region."""
        place = value_of(self.spans.spanned.kind, start, end)
        return answer | {"id": id_of(start, end), "value": place | answer["value"]}


def _says(region: Mapping[str, Any]) -> bool:
    """Say whether a result says anything: one without any choice is the same as none."""
    return all(value != [] for value in region["value"].values())
