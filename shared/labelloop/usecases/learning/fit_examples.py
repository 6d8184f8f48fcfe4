"""Fit a model to examples. Those that the encoder was tuned to are learnt from, and no evidence."""

from dataclasses import replace

import numpy as np

from labelloop.domain.columns import Columns
from labelloop.domain.learning.examples import Examples
from labelloop.recipes.protocol import Control, Tools, Trained
from labelloop.recipes.tools import Looking
from labelloop.recipes.tuned_to import are_tuned, marked


def fit_examples(
    control: Control,
    examples: Examples,
    features: Columns,
    pool: Columns,
    tools: Tools,
    encoders: Looking,
) -> tuple[Examples, Trained]:
    """Return the examples, which now name those that the encoder was tuned to, and the model.

    Whatever the recipe, there is no answer out of fold for them: a model that has not learnt their
    labels reads these in their vectors. One that reads no vectors does not.
    """
    tuned = are_tuned(examples.inputs, encoders.tuned_to())
    fitted = control.fit(examples.labels, marked(features, tuned), pool, tools)
    trained = fitted.packed()
    if not tuned.any() or encoders.encoder not in fitted.encoder.split("+"):
        return examples, trained
    said = trained.out_of_fold
    said = replace(said, columns=said.columns.blanked(tuned))
    tasks = np.array(examples.tasks, np.int64)[tuned]
    return replace(examples, tuned=frozenset(tasks.tolist())), replace(trained, out_of_fold=said)
