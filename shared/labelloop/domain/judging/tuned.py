"""The gate for an encoder that was tuned to a project's labels: does it pay to switch to it?

A switch costs the encoding of the pool, and tuning may spoil what a general encoder knows. So the
tuned one has to be better, not merely no worse: on labels that its tuning has not seen, with the
project's own models beside each encoder.
"""

from collections.abc import Sequence
from typing import Final

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.judging.comparison import difference, fair_scores
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.judging.intervals import errors_for
from labelloop.domain.measure import Measure

_BETTER: Final = 1.645  # standard errors, of either: at most one in ten equal ones is accepted
_TIMES: Final = 3  # calibrated: beside vectors that know their labels models are far too sure
_CONFIDENCE: Final = 0.9  # of the interval that people are shown


def judge_tuned(
    measure: Measure, plain: Answers, tuned: Answers, labels: Sequence[Label]
) -> Verdict:
    """Say whether a tuned encoder is better. The answers: beside each, for n unseen labels."""
    scores = difference(_fair_scores(measure, tuned, labels) - _fair_scores(measure, plain, labels))
    before, after = measure.hits(plain, labels), measure.hits(tuned, labels)
    hits = difference(after - before)
    numbers = {
        "labels": hits.rows,
        "plain": round(float(before.mean()), 4),
        "tuned": round(float(after.mean()), 4),
        "within": round(errors_for(_CONFIDENCE) * hits.error, 4),
        "log_score": round(scores.mean, 4),
        "z": round(scores.z, 2),
    }
    is_better = hits.mean > 0 and max(scores.z, hits.z) >= _BETTER
    found = (
        f"{measure.title} {numbers['plain']:.1%} without tuning and {numbers['tuned']:.1%} with it"
    )
    found += f", {100 * hits.mean:+.1f} points (±{100 * numbers['within']:.1f})"
    outcome = "better" if is_better else "not clearly better"
    reason = f"{outcome} on {hits.rows} labels that tuning had not seen: {found}"
    return Verdict(is_better, reason, numbers)


def _fair_scores(measure: Measure, answers: Answers, labels: Sequence[Label]) -> Floats:
    for _ in range(_TIMES - 1):
        (answers,) = measure.fair(answers, labels)
    return fair_scores(measure, answers, labels)
