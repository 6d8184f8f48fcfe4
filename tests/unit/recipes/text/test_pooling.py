"""What experts' scores are multiplied by."""

import numpy as np
import pytest
from scipy.special import log_softmax

from labelloop.recipes.text.pooling import sharpness_of

PRIOR = np.log([6.0, 6.0])


def scored(rows, noise):
    """Two experts' scores: one that knows the classes, one that does not."""
    rng, codes = np.random.default_rng(0), np.arange(rows) % 2
    targets = np.eye(2)[codes]
    return np.stack([0.3 * targets, noise * rng.standard_normal((rows, 2))]), targets


def test_an_expert_that_hurts_is_all_but_dropped_only_where_it_may_be():
    scores, targets = scored(200, noise=2.0)

    dropped, kept = (sharpness_of(scores, targets, PRIOR, may_drop=may)[0] for may in (True, False))

    assert dropped[1] < 0.4  # of 6
    assert kept[1] > 2 * dropped[1]


def test_without_any_label_all_is_as_before():
    scores, targets = scored(0, noise=0.2)

    assert sharpness_of(scores, targets, PRIOR, may_drop=True)[0] == pytest.approx([6.0, 6.0])


@pytest.mark.parametrize("may_drop", [True, False])
def test_no_other_sharpness_fits_better(may_drop):
    scores, targets = scored(60, noise=1.0)

    found, loss = sharpness_of(scores, targets, PRIOR, may_drop=may_drop)

    for near in (found * [1.1, 1], found * [0.9, 1], found * [1, 1.1], found * [1, 0.9]):
        assert penalised(near, scores, targets, may_drop) > loss - 1e-9


def penalised(sharpness, scores, targets, may_drop):
    log_p = log_softmax(np.tensordot(sharpness, scores, 1), axis=1)
    away = np.log(sharpness) - PRIOR
    if may_drop:
        away = np.where(away < 0, 3**0.5 * (sharpness / 6 - 1), away)
    return (away**2).sum() - (targets * log_p).sum()
