"""How experts are pooled: what each one's scores are multiplied by, learnt out of fold."""

from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from labelloop.recipes.text.ridge import Floats

_TO_DROP: Final = 3.0  # examples that an expert's absence weighs as much as
_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness


def sharpness_of(
    scores: Floats, targets: Floats, prior: Floats, *, may_drop: bool = False
) -> tuple[Floats, float]:
    """Return what to multiply each expert's scores by, and the log-loss that is left.

    `scores`: shape (experts, rows, classes); `targets`: each row's shares of the classes, shape
    (rows, classes); `prior`: logarithms. Shrunk towards the prior, which weighs as much as one
    example: with a handful of labels anything fits. `may_drop`: an expert that hurts may be all but
    dropped for what three examples weigh, as below the prior it is the lost share that counts.
    """
    is_class = targets > 0
    shares = targets[is_class]

    def loss(logs: Floats) -> tuple[float, Floats]:
        sharp = np.exp(logs)
        log_p = log_softmax(np.tensordot(sharp, scores, 1), axis=1)
        errors = np.exp(log_p)
        errors -= targets
        slopes = sharp * (scores * errors).sum(axis=(1, 2))
        penalty, steepness = _penalty(logs - prior, may_drop)
        return penalty - float((shares * log_p[is_class]).sum()), slopes + steepness

    fitted = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(prior))
    return np.exp(fitted.x), float(fitted.fun)


def _penalty(away: Floats, may_drop: bool) -> tuple[float, Floats]:
    """Return the penalty for sharpness away from the prior, by logarithms, and its slopes."""
    if not may_drop:
        return float(away @ away), 2 * away
    more, lost = np.maximum(away, 0), -np.expm1(np.minimum(away, 0))
    value = float(more @ more + _TO_DROP * lost @ lost)
    return value, 2 * more - 2 * _TO_DROP * lost * (1 - lost)
