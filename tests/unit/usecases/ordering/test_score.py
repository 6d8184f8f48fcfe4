"""The places of candidates beside what is labelled already."""

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.version import UNTRAINED
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.ordering.score import Scene, placed
from labelloop.usecases.serving.serve import Served
from tests.builders import PROJECT, created, label_config

OLD, NEW = (f"2026-11-23T{hour}:00:00.000000+00:00" for hour in (10, 11))


def test_of_many_labels_the_newest_are_looked_at_and_not_those_of_the_last_tasks(store):
    texts = ["asked a moment ago", "asked long ago"]
    labels = [created(i + 1, text=texts[i], updated_at=(NEW, OLD)[i]) for i in range(2)]
    project = Project(store, PROJECT)
    scene = Scene(Served(UNTRAINED, None), fold(Dataset(), labels), project, Toolbox())
    features = control_of(label_config()).features(texts, Toolbox())
    part = Shortlist(np.array([13, 14]), features, None)

    head = placed([part], scene, "typical", 2, PROJECT, most_labelled=1)

    assert [one.task for one in head] == [14, 13]
