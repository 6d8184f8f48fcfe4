"""Labels of spans that may be wrong: those the model doubts, and those annotators disagree on."""

import json
from collections.abc import Sequence
from typing import Final

from labelloop.domain.answers import Floats, Label
from labelloop.domain.measure import Doubt

_LEAST: Final = 0.01  # for labels that only annotators doubt


def doubts_of(
    confidence: Floats,
    hits: Floats,
    said: Sequence[Label],
    labels: Sequence[Label],
    votes: Sequence[Sequence[Label]],
) -> list[Doubt]:
    """Return the doubted labels, the most doubtful first.

    A label is doubted if the model says other spans and is as sure of them as it usually is where
    it is right (confident learning, Northcutt et al. 2021), or if its annotators disagree. The
    doubt is how right the model expects to be, times what it misses.
    """
    right = hits >= 1
    usual = float(confidence[right].mean()) if right.any() else 1.0
    found = []
    for row, label in enumerate(labels):
        others = _others(label, votes[row])
        doubt = float(confidence[row] * (1 - hits[row]))
        is_sure = hits[row] < 1 and confidence[row] >= usual
        if is_sure or others:
            instead = said[row] if hits[row] < 1 or not others else others[0]
            found.append(Doubt(row, instead, min(1.0, max(doubt, _LEAST)), bool(others)))
    return sorted(found, key=lambda one: (-one.doubt, one.row))


def _others(label: Label, votes: Sequence[Label]) -> list[Label]:
    """Return the votes for other labels, the most frequent first."""
    texts = [json.dumps(vote) for vote in votes if vote != label]
    return [json.loads(text) for text in sorted(set(texts), key=lambda t: (-texts.count(t), t))]
