"""Finished projects to replay."""

import numpy as np

from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.judging.backtest import Replay
from tests.builders import label_config

WORDS = {
    "film": ["film", "cast", "plot", "actor", "scene", "camera"],
    "food": ["soup", "bread", "taste", "cook", "salt", "oven"],
    "sport": ["goal", "team", "match", "ball", "race", "coach"],
}


CONFIG = label_config(*WORDS)
CONTROL = control_of(CONFIG)


def replay_of(labels, control=CONTROL):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[one], 3)) + f" {row}" for row, one in enumerate(labels)]
    return Replay(CONTROL.features(texts, Toolbox()), labels, control, Toolbox())
