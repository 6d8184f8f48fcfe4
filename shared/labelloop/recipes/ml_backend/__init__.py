"""A recipe out of an ML backend: a class in the shape of Label Studio's `LabelStudioMLBase`.

The class stays as it is. Where it imports `label_studio_ml` and `label_studio_sdk` it gets the
modules named in `imports`: with all that can work in a function, and no more. `labelloop recipe
from-backend` writes the recipe. The shape is that of HumanSignal/label-studio-ml-backend, 2.x.

interface       `label_studio_sdk.label_interface`: what a class reads of the label config
response        `PredictionValue`, `ModelResponse`
backend_class   `LabelStudioMLBase`
studio          the client of Label Studio, which answers out of the labels that are learnt
imports         under which names a class gets these, and a module of its own for each version
running         one version's class at work: `predict` and `fit`, in a folder of its own
packing         that folder, and what `set` stored, as an artefact
answers         predictions as columns
measure, model, control, recipe      as in every recipe
fitness         why a class can't run in a function
"""

from labelloop.recipes.ml_backend.recipe import backend_recipe

__all__ = ["backend_recipe"]
