"""Labels of paths that may be wrong."""

from collections.abc import Collection, Sequence

import numpy as np

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.measure import Doubt
from labelloop.recipes.taxonomy.tree import Paths, Tree, names_of
from labelloop.recipes.text import doubts as of_classes
from labelloop.recipes.text.probabilities import probabilities_of


def doubts(
    tree: Tree, answers: Answers, labels: Sequence[Paths], votes: Sequence[Sequence[Paths]]
) -> list[Doubt]:
    """Return the labels that may be wrong, the most doubtful first.

    Of a label of several paths the least likely one stands for it, and no other path of it is
    suggested instead. A vote with other paths stands for the least likely of those.
    """
    place = {name: column for column, name in enumerate(answers.names)}
    shares = np.array(probabilities_of(answers), np.float64)
    given = [_codes(label, place) for label in labels]
    doubted = np.array([_weakest(own, (), shares[row]) for row, own in enumerate(given)], np.int64)
    voted = [
        [
            _weakest(codes, given[row], shares[row])
            for vote in task
            if (codes := _codes(vote, place))
        ]
        for row, task in enumerate(votes)
    ]
    for row, own in enumerate(given):
        shares[row, [code for code in own if code != doubted[row]]] = 0.0
    found = []
    for one in of_classes.doubts(shares, doubted, voted):
        kept = {code for code in given[one.row] if code != doubted[one.row]} | {one.instead}
        instead = tree.sorted(tree.path_of(answers.names[code]) for code in kept)
        found.append(Doubt(one.row, instead, one.doubt, one.disagreed))
    return found


def _codes(label: Paths, place: dict[str, int]) -> list[int]:
    return [place[name] for name in names_of(label) if name in place]


def _weakest(codes: Sequence[int], but: Collection[int], shares: Floats) -> int:
    """Return the least likely of some columns, of those that are not in `but` if there are any."""
    others = [code for code in codes if code not in but] or codes
    return min(others, key=lambda code: float(shares[code]))
