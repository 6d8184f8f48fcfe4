"""The gate for models that people import, and for what is trained beside one.

A new version takes a trained one's place unless it is worse: it has learnt more. An imported model
has learnt nothing of the project's labels, so all of them count, whenever they were given. It is
served unless it is less often right, as somebody wants it to be. Then it stays until a training is
better; or is no worse, if it was imported to be trained on. It may know some labels from elsewhere,
which flatters it: labels given since a training was rejected count by themselves, too.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.judging.comparison import Difference, difference, fair_scores
from labelloop.domain.judging.evidence import Evidence, examine, numbers_of
from labelloop.domain.judging.gate import LEAST_ROWS, Verdict

_WORSE: Final = -1.645  # standard errors: one in twenty equal models is rejected
_BETTER: Final = 2.326  # one in a hundred: each training is compared, again and again
_LEAST_FRESH: Final = 30
_MISORDERED: Final = 0.25  # of labels that another order of a model's own would be right on


def judge_imported(e: Evidence) -> Verdict:
    """Say whether an imported model may take the active version's place."""
    rows, numbers = e.labelled, numbers_of(e, examine(e))
    scores, hits = _differences(e, rows)
    if scores.rows < LEAST_ROWS:
        why = f"too few labels to compare on: {scores.rows} of at least {LEAST_ROWS}"
        return Verdict(True, why, numbers)
    is_less_right = hits.z < _WORSE or (hits.mean < 0 and scores.z < _WORSE)
    if is_less_right:
        return Verdict(False, f"worse on {scores.rows} labels: {_in_words(e, rows)}", numbers)
    why = f"not worse than the active version on {scores.rows} labels: {_in_words(e, rows)}"
    return Verdict(True, why, numbers)


def judge_against_imported(e: Evidence, *, goes_on: bool) -> Verdict:
    """Say whether a version that was trained may take an imported model's place.

    `goes_on`: it was trained on what the model sees, so it knows what the model knows.
    """
    numbers = numbers_of(e, examine(e))
    every, fresh = e.labelled, e.is_fresh & e.labelled
    for rows, least, since in ((every, LEAST_ROWS, ""), (fresh, _LEAST_FRESH, " given since")):
        scores, hits = _differences(e, rows)
        if scores.rows < least:
            continue
        where = f"{scores.rows} labels{since}: {_in_words(e, rows)}"
        if scores.z >= _BETTER and hits.mean > 0:
            return Verdict(True, f"better than the imported model on {where}", numbers)
        if goes_on and scores.z >= _WORSE and hits.z >= _WORSE:
            return Verdict(True, f"not worse than the imported model alone on {where}", numbers)
    count = int(every.sum())
    if count < LEAST_ROWS:
        why = f"the imported model stays until {LEAST_ROWS} labels show a better one"
        return Verdict(False, f"{why}, and there are {count}", numbers)
    why = f"not clearly better than the imported model on {count} labels: {_in_words(e, every)}"
    return Verdict(False, why, numbers)


def judge_across(
    old: NDArray[Any], new: NDArray[Any], is_fresh: NDArray[np.bool_], *, is_import: bool
) -> Verdict:
    """Say whether a version of another recipe may take the active one's place, by hits alone.

    `old`, `new`: the hits of both on the same labels, shape (n,); `is_fresh`: as `Evidence` has it.
    `is_import`: the new one is the imported model, else the active one is. The log scores of two
    recipes can't be set against each other.
    """
    every = np.ones(len(old), np.bool_)
    if is_import:
        found, where = difference(new - old), _where(old, new, every)
        if found.rows < LEAST_ROWS:
            why = f"too few labels to compare on: {found.rows} of at least {LEAST_ROWS}"
            return Verdict(True, why)
        if found.z < _WORSE:
            return Verdict(False, f"worse on {where}")
        return Verdict(True, f"not worse than the active version on {where}")
    for rows, least, since in ((every, LEAST_ROWS, ""), (is_fresh, _LEAST_FRESH, " given since")):
        found = difference(new[rows] - old[rows])
        if found.rows >= least and found.z >= _BETTER:
            where = _where(old, new, rows, since)
            return Verdict(True, f"better than the imported model on {where}")
    if len(old) < LEAST_ROWS:
        why = f"the imported model stays until {LEAST_ROWS} labels show a better one"
        return Verdict(False, f"{why}, and there are {len(old)}")
    where = _where(old, new, every)
    return Verdict(False, f"not clearly better than the imported model on {where}")


def why_misordered(labels: Sequence[str], predicted: Sequence[str], names: Sequence[str]) -> str:
    """Return why a model's labels are probably in another order than was said, empty if not.

    `labels`, `predicted`: of the same n tasks, one label each; `names`: of the model, in its order.
    """
    if len(labels) < LEAST_ROWS:
        return ""
    order, matched = _likeliest(Counter(zip(predicted, labels, strict=True)), names)
    right = sum(map(str.__eq__, labels, predicted)) / len(labels)
    if matched / len(labels) < right + _MISORDERED:
        return ""
    shares = f"{matched / len(labels):.0%} of the labels, not on {right:.0%}"
    return f"check the order of --labels: by {','.join(order)} it would be right on {shares}"


def _likeliest(pairs: Counter[tuple[str, str]], names: Sequence[str]) -> tuple[list[str], int]:
    """Return which of the names each should have been, and on how many tasks that is right.

    `pairs`: how often each was predicted for each label. The most frequent pair is matched first.
    """
    should: dict[str, str] = {}
    for (name, label), _ in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
        if name not in should and label in names and label not in should.values():
            should[name] = label
    left = [name for name in names if name not in should.values()]
    order = [should[name] if name in should else left.pop(0) for name in names]
    return order, sum(pairs[pair] for pair in should.items())


def _where(old: NDArray[Any], new: NDArray[Any], rows: NDArray[np.bool_], since: str = "") -> str:
    right = f"right {_mean(new[rows]):.0%} against {_mean(old[rows]):.0%}"
    return f"{int(rows.sum())} labels{since}: {right}"


def _differences(e: Evidence, rows: NDArray[np.bool_]) -> tuple[Difference, Difference]:
    """Return the differences in log score and in hits, each model calibrated to the labels."""
    labels = e.named(e.labels[rows])
    old, new = (
        fair_scores(e.measure, answers.take(np.flatnonzero(rows)), labels)
        for answers in (e.champion, e.challenger)
    )
    return difference(new - old), difference(e.hits(e.challenger, rows) - e.hits(e.champion, rows))


def _in_words(e: Evidence, rows: NDArray[np.bool_]) -> str:
    new, old = (_mean(e.hits(answers, rows)) for answers in (e.challenger, e.champion))
    return f"{e.measure.title} {new:.0%} against {old:.0%}"


def _mean(hits: NDArray[Any]) -> float:
    return float(hits.mean()) if len(hits) else 0.0
