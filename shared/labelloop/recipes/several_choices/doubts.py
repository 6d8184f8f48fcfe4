"""Labels that may be wrong: those with a part that the model doubts, or annotators disagree on."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from labelloop.domain.answers import Floats
from labelloop.domain.measure import Doubt
from labelloop.recipes.several_choices.marks import Marked

_RELIABLE: Final = 0.9  # of the boxes that an annotator should have ticked, or left, are right
_SURE: Final = 0.95  # is sure enough, even if the model usually is surer
_TINY: Final = 1e-6


def doubts(
    out_of_fold: Floats, said: Marked, given: Marked, votes: Sequence[Marked], names: Sequence[str]
) -> list[Doubt]:
    """Return the labels that may be wrong, the most doubtful first.

    `out_of_fold`: probabilities, shape (n, k); `said` and `given`: what the model marks, and what
    the label has, shape (n, k); `votes`: what each annotator ticked, by row. A label is doubted if
    of some part the model is as sure of the opposite as it usually is where that is right
    (confident learning: Northcutt et al. 2021), or if its annotators disagree.
    """
    against = np.where(given, 1 - out_of_fold, out_of_fold)  # how likely each part is wrong
    differs = (said != given) & (against > 0.5)
    disagreed = np.array([len(np.unique(ticked, axis=0)) > 1 for ticked in votes], np.bool_)
    is_doubted = (differs & (against >= _usual(out_of_fold, given))).any(axis=1)
    belief = _believed(against, given, votes)
    found = []
    for row in np.flatnonzero(is_doubted | disagreed).tolist():
        turned = differs[row] if is_doubted[row] else _likeliest(belief[row], votes[row])
        instead = [names[column] for column in np.flatnonzero(given[row] ^ turned).tolist()]
        doubt = float(belief[row][turned].max())
        found.append(Doubt(row, instead, doubt, bool(disagreed[row])))
    return sorted(found, key=lambda one: (-one.doubt, one.row))


def _usual(out_of_fold: Floats, given: Marked) -> Floats:
    """Return how sure the model is, in the mean, of a part that is there, or of one that is not.

    Of the opposite of what is given, shape (n, k), at most `_SURE`.
    """
    here, gone = given.sum(axis=0), (~given).sum(axis=0)
    if_here = (out_of_fold * given).sum(axis=0) / np.maximum(here, 1)
    if_gone = ((1 - out_of_fold) * ~given).sum(axis=0) / np.maximum(gone, 1)
    if_here, if_gone = np.where(here, if_here, 1), np.where(gone, if_gone, 1)
    return np.minimum(np.where(given, if_gone, if_here), _SURE)


def _believed(against: Floats, given: Marked, votes: Sequence[Marked]) -> Floats:
    """Return how likely each part is wrong by the model's odds, times a factor for each vote."""
    odds = np.log(np.clip(against, _TINY, 1 - _TINY) / np.clip(1 - against, _TINY, 1 - _TINY))
    weight = np.log(_RELIABLE / (1 - _RELIABLE))
    for row, ticked in enumerate(votes):
        odds[row] -= weight * np.where(ticked == given[row], 1.0, -1.0).sum(axis=0)
    believed: Floats = 1 / (1 + np.exp(-odds))
    return believed


def _likeliest(belief: Floats, ticked: Marked) -> Marked:
    """Return the part that is likeliest wrong of those that annotators disagree on."""
    is_open = ticked.any(axis=0) & ~ticked.all(axis=0)
    turned = np.zeros(len(belief), np.bool_)
    turned[int(np.where(is_open, belief, -1.0).argmax())] = True
    return turned
