"""What answers believe of spans: how likely each is, and how right all of a task's are."""

from collections.abc import Sequence

import numpy as np

from labelloop.domain.answers import Floats
from labelloop.recipes.spans.said import Said


def likely_spans(path: Said, beliefs: Sequence[Said]) -> list[list[float]]:
    """Return how likely each span of each task is, by the mean of what some answers believe.

    At most as likely as the tag of its least likely word, and as that it ends where it does.
    """
    tags = np.mean([one.probability(path.path) for one in beliefs], axis=0)
    goes_on = np.mean([_goes_on(path, one) for one in beliefs], axis=0)
    found = []
    for start, spans in zip(path.starts.tolist(), path.spans(), strict=False):
        each = []
        for first, last, _ in spans:
            least = float(tags[start + first : start + last].min())
            each.append(min(1.0, max(0.0, min(least, 1 - float(goes_on[start + last - 1])))))
        found.append(each)
    return found


def _goes_on(path: Said, belief: Said) -> Floats:
    """Return how likely each word's span goes on with the next word of its task, shape (words,)."""
    further = np.where(path.path > 0, path.path + path.path % 2, -1)
    asked = np.append(-1, further[:-1])  # of the next word
    asked[path.starts[:-1][np.diff(path.starts) > 0]] = -1
    return np.append(belief.probability(asked)[1:], 0.0)[: len(further)]


def expected_hits(path: Said, beliefs: Sequence[Said]) -> Floats:
    """Return the expected F1 of each task's spans, shape (n,), by the mean of some answers.

    Twice the likely spans over those said and those that there are likely to be; where none is
    said, the chance that there is none.
    """
    likely = likely_spans(path, beliefs)
    starting = np.clip(np.mean([one.starting() for one in beliefs], axis=0), 0.0, 1.0)
    hits = np.ones(len(path))
    for task, spans in enumerate(likely):
        words = starting[path.starts[task] : path.starts[task + 1]]
        if spans:
            right = sum(spans)
            hits[task] = 2 * right / (len(spans) + max(float(words.sum()), right))
        else:
            hits[task] = float(np.prod(1 - words))
    return np.clip(hits, 0.0, 1.0)
