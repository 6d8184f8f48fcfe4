"""A model of what is said of regions: what answers one region, on the regions of the spans."""

from collections.abc import Collection, Sequence

import numpy as np

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.protocol import Model
from labelloop.recipes.region_answers.said import Said
from labelloop.recipes.region_answers.seen import Regions, edges_of, features_of, predicted
from labelloop.recipes.spans.believed import likely_spans
from labelloop.recipes.spans.said import said_of as spans_of
from labelloop.recipes.spans.seen import Seen


class RegionModel:
    """A model that answers about regions of some types, None for all.

    `inner`: answers about one region as if it were a text; `needs`: the blocks of the spans'
    features that it reads.
    """

    def __init__(self, inner: Model, types: Collection[str] | None, needs: Sequence[str]) -> None:
        self.inner, self.types, self.needs = inner, types, tuple(needs)
        self.names, self.encoder = tuple(inner.names), ""

    def answer(self, features: Columns, spans: Answers | None = None) -> Answers:
        """Return what is said of the regions that are in the answers about spans."""
        if spans is None:
            raise BadModel("without answers about spans there are no regions")
        return self.said(features, spans)[0].columns()

    def said(self, features: Columns, spans: Answers) -> tuple[Said, Regions]:
        """Return the same as arrays, and the regions."""
        marked = spans_of(spans)
        regions, rows = predicted(marked, self.types)
        likely = [one for each in likely_spans(marked, [marked]) for one in each]
        edges = edges_of(marked.places, marked.task, regions)
        answers = self.answers(features, regions)
        return Said(regions.starts, edges, np.array(likely, float)[rows], answers), regions

    def answers(self, features: Columns, regions: Regions) -> Answers:
        """Return what is said of regions, a row each."""
        seen = Seen.of(features.only(self.needs))
        if seen is None or not len(regions.first):
            return self.of_none()
        return joined_answers([self.inner.answer(part) for part in features_of(seen, regions)])

    def of_none(self) -> Answers:
        """Return what is said of no region."""
        return self.inner.answer(Columns(0, {}))
