"""How experts are pooled: what each one's scores are multiplied by, learnt out of fold."""

from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from labelloop.recipes.text.ridge import Floats

_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness


def sharpness_of(scores: Floats, targets: Floats, prior: Floats) -> tuple[Floats, float]:
    """Return what to multiply each expert's scores by, and the log-loss that is left.

    `scores`: shape (experts, rows, classes); `targets`: each row's shares of the classes, shape
    (rows, classes); `prior`: logarithms. Shrunk towards the prior, which weighs as much as one
    example: with a handful of labels anything fits.
    """
    is_class = targets > 0
    shares = targets[is_class]

    def loss(logs: Floats) -> tuple[float, Floats]:
        sharp = np.exp(logs)
        log_p = log_softmax(np.tensordot(sharp, scores, 1), axis=1)
        errors = np.exp(log_p)
        errors -= targets
        slopes = sharp * (scores * errors).sum(axis=(1, 2))
        away = logs - prior
        return float(away @ away - (shares * log_p[is_class]).sum()), slopes + 2 * away

    fitted = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(prior))
    return np.exp(fitted.x), float(fitted.fun)
