"""How paths through a tree are compared. What answers hold: see `recipes.taxonomy.paths`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.taxonomy.paths import (
    Codes,
    answers_of,
    chances,
    counts,
    likeness,
    match,
    predicted,
    usual_of,
)
from labelloop.recipes.taxonomy.tree import Path, Tree, names_of, with_all_above
from labelloop.recipes.text.probabilities import (
    SURENESS,
    TEMPERATURES,
    at_temperature,
    columns_of,
    kappa,
    offered_only,
    probabilities_of,
)

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

_FLOOR: Final = 0.01  # of each answer is uniform: one wrong label must not outweigh a hundred


@dataclass(frozen=True, slots=True)
class PathReading:
    """What the loop may know of shares of paths, shape (n, k).

    `confidence`: the expected hit; `margins`: how much likelier the last path that is predicted is
    than the first that is not.
    """

    shares: Floats
    confidence: Floats
    margins: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.shares)

    def sureness(self, name: str = "") -> Floats:
        """Return the margin, or for these names `entropy` or `least_confidence` of the shares."""
        if name in ("", "margin") or name not in SURENESS or self.shares.shape[1] < 2:
            return self.margins
        return SURENESS[name](self.shares)

    def take(self, rows: Rows) -> "PathReading":
        """Return the reading of some rows, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        return PathReading(self.shares[rows], self.confidence[rows], self.margins[rows])


@dataclass(frozen=True, slots=True)
class PathMeasure:
    """See `domain.measure.Measure`. `tree`: what the label config offers."""

    tree: Tree

    @property
    def title(self) -> str:
        """What the mean of hits is called."""
        return "accuracy"

    def reading(self, answers: Answers) -> PathReading:
        """Return what the loop may know of answers."""
        shares, usual = probabilities_of(answers), usual_of(answers)
        likely = chances(shares, usual)
        chosen = predicted(likely, self.tree.most)
        confidence = self._expected(shares, usual, chosen, answers.names)
        return PathReading(shares, confidence, _margins(likely, self.tree.most))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return a column for each name; a path that the answers lack has a share of 0."""
        if tuple(names) == answers.names:
            return answers
        return answers_of(columns_of(answers, names), names, usual_of(answers))

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return equal shares of all paths."""
        return answers_of(np.full((n, len(names)), 1 / max(1, len(names))), names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the likeliest path of each task, and all others that are likelier than not."""
        paths = self._paths(answers.names)
        return [self.tree.sorted(paths[code] for code in codes) for codes in self._said(answers)]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the share of the path that is right; of several, the mean of best matches.

        Between paths that are equally likely there is no answer: 0.
        """
        paths, likely = self._paths(answers.names), _likely(answers)
        is_tie = (likely == likely.max(axis=1, keepdims=True, initial=0.0)).sum(axis=1) > 1
        is_tie &= likely.max(axis=1, initial=0.0) <= 1 / 2
        rows = zip(self._said(answers), labels, is_tie.tolist(), strict=True)
        return np.array(
            [0.0 if tie else match([paths[c] for c in codes], given) for codes, given, tie in rows]
        )

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature (Guo et al. 2017) at which labels are likeliest."""
        best, temperature = -np.inf, 1.0
        for tried in TEMPERATURES if len(labels) else ():
            score = float(self.log_scores(_tempered(answers, tried), labels).mean())
            if score > best:
                best, temperature = score, float(tried)
        return tuple(_tempered(each, temperature) for each in (answers, *others))

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean log-share of a label's paths, a small uniform part mixed in.

        Proper for a path that is drawn from the label; for single paths the log-likelihood.
        """
        logs = np.log(_floored(answers))
        unknown = np.log(_FLOOR / max(1, len(answers.names)))
        place = {name: column for column, name in enumerate(answers.names)}
        scores = np.empty(len(labels))
        for row, label in enumerate(labels):
            codes = [place.get(name, -1) for name in names_of(label)]
            each = [float(logs[row, code]) if code >= 0 else unknown for code in codes]
            scores[row] = sum(each) / len(each)
        return scores

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if paths are drawn as often as its shares say."""
        rows = _floored(answers)
        logs = np.log(rows)
        mean = (rows * logs).sum(axis=1)
        variance = np.maximum((rows * logs**2).sum(axis=1) - mean**2, 0.0)
        return Expected(mean, variance, self.reading(answers).confidence)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return the expected hit of the new label less that of the old, by the mean of both.

        0 where they say the same.
        """
        shares = (probabilities_of(old) + probabilities_of(new)) / 2
        usual = (usual_of(old) + usual_of(new)) / 2
        after, before = (
            self._expected(shares, usual, self._said(each), old.names) for each in (new, old)
        )
        gained: Floats = after - before
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 minus Cohen's kappa (Cohen 1960) of whole labels."""
        known: dict[str, int] = {}
        one, other = (
            np.array([known.setdefault(repr(label), len(known)) for label in each], np.int64)
            for each in (labels, others)
        )
        return 1 - kappa(one, other)

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that may be wrong; of several paths the least likely one is doubted."""
        from labelloop.recipes.taxonomy.doubts import doubts

        return doubts(self.tree, answers, labels, votes)

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return precision and recall of each path, and of each choice above some."""
        from labelloop.domain.judging.quality import PartQuality, share

        said = [set(with_all_above(label)) for label in self.labels(answers)]
        given = [set(with_all_above(label)) for label in labels]
        quality = {}
        for name in with_all_above(self._paths(answers.names)):
            is_said = np.array([name in each for each in said], np.bool_)
            is_given = np.array([name in each for each in given], np.bool_)
            right = float((is_said & is_given).sum())
            precision, recall = (share(right, int(rows.sum())) for rows in (is_said, is_given))
            quality[name] = PartQuality(precision, recall)
        return quality

    def shown(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the shares of these paths, scaled to sum to 1."""
        return answers_of(probabilities_of(offered_only(answers, names)), names, usual_of(answers))

    def _said(self, answers: Answers) -> list[Codes]:
        return predicted(_likely(answers), self.tree.most)

    def _paths(self, names: Sequence[str]) -> list[Path]:
        return [self.tree.path_of(name) for name in names]

    def _expected(
        self, shares: Floats, usual: Floats, chosen: Sequence[Codes], names: Sequence[str]
    ) -> Floats:
        """Return the expected hits of predicting these columns, shape (n,).

        As `match` has it: the paths of the label that are matched, of which there are `usual`, and
        the predicted ones, each matched if a path like it is chosen.
        """
        if not names:
            return np.zeros(len(shares))
        paths = self._paths(names)
        kinds = sorted({code for codes in chosen for code in codes})
        alike = dict(zip(kinds, likeness([paths[code] for code in kinds], paths), strict=True))
        first = np.array([codes[0] for codes in chosen], np.int64)
        covered = np.empty(len(shares))
        for code in np.unique(first).tolist():
            covered[first == code] = shares[first == code] @ alike[code]
        hits = (usual * covered + np.minimum(usual * covered, 1)) / (usual + 1)
        for row in [row for row, codes in enumerate(chosen) if len(codes) > 1]:
            own = np.stack([alike[code] for code in chosen[row]])
            matched = usual[row] * float(shares[row] @ own.max(axis=0))
            right = np.minimum(usual[row] * (own @ shares[row]), 1).sum()
            hits[row] = (matched + right) / (usual[row] + len(own))
        clipped: Floats = np.clip(hits, 0.0, 1.0)
        return clipped


def _likely(answers: Answers) -> Floats:
    return chances(probabilities_of(answers), usual_of(answers))


def _floored(answers: Answers) -> Floats:
    """Return shares with a small uniform part mixed in."""
    rows = np.asarray(probabilities_of(answers), np.float64)
    floored: Floats = (1 - _FLOOR) * rows + _FLOOR / max(1, rows.shape[1])
    return floored


def _margins(likely: Floats, most: int) -> Floats:
    """Return the gap between the last path that is predicted and the first that is not."""
    n, k = likely.shape
    if n == 0 or k < 2:
        return np.ones(n)
    how_many = np.minimum(counts(likely, most), k - 1)
    width = 1 + int(how_many.max())
    top = np.sort(np.partition(likely, k - width, axis=1)[:, k - width :], axis=1)[:, ::-1]
    gaps: Floats = top[np.arange(n), how_many - 1] - top[np.arange(n), how_many]
    return gaps


def _tempered(answers: Answers, temperature: float) -> Answers:
    tempered = probabilities_of(at_temperature(answers, temperature))
    return answers_of(tempered, answers.names, usual_of(answers))
