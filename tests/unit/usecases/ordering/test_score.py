"""The places of candidates beside what is labelled already."""

import numpy as np
from labelloop.usecases.learning.featurise import Featuriser

from labelloop.bucket.features import KeptFeatures
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.ordering.candidates import Candidates
from labelloop.domain.version import UNTRAINED
from labelloop.usecases.ordering.score import Scene, placed
from labelloop.usecases.serving.serve import Served
from tests.builders import PROJECT, created

OLD, NEW = (f"2026-11-23T{hour}:00:00.000000+00:00" for hour in (10, 11))


def test_of_many_labels_the_newest_are_looked_at_and_not_those_of_the_last_tasks(
    store, monkeypatch
):
    monkeypatch.setattr("labelloop.usecases.ordering.score.MOST_LABELLED", 1)
    features = Featuriser()
    texts = ["asked a moment ago", "asked long ago"]
    labels = [created(i + 1, text=texts[i], updated_at=(NEW, OLD)[i]) for i in range(2)]
    dataset, kept = fold(Dataset(), labels), KeptFeatures(store, PROJECT, "")
    scene = Scene(Served(UNTRAINED, None), dataset, kept, features)
    part = Candidates(np.array([13, 14]), np.empty((2, 0)), features(texts))

    head = placed([part], scene, "typical", 2, PROJECT)

    assert [one.task for one in head] == [14, 13]
