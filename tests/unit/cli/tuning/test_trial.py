"""Folds: each label is held out once, and of each class about as many in all."""

from collections import Counter

import numpy as np
import pytest

from labelloop.cli.tuning.trial import FOLDS, folds_of


@pytest.mark.parametrize("counts", [{"a": 20, "b": 20}, {"a": 35, "b": 4, "c": 1}])
def test_folds_are_all_rows_once_with_all_classes_in_about_equal_numbers(counts):
    labels = [label for label, count in counts.items() for _ in range(count)]

    folds = folds_of(labels, FOLDS)

    assert np.sort(np.concatenate(folds)).tolist() == list(range(len(labels)))
    for label, count in counts.items():
        found = [Counter(labels[row] for row in fold)[label] for fold in folds]
        assert max(found) - min(found) <= 1
        assert sum(found) == count
