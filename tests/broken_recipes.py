"""Recipes that are broken, each in its own way: what is added to the example, as Python."""

from importlib.resources import files

EXAMPLE = files("labelloop.recipes.example_recipe")
SOUND = (EXAMPLE / "example.py").read_text()
CONFIG = (EXAMPLE / "example.xml").read_text()
TASKS = (EXAMPLE / "example.json").read_text()

_ENDLESS = "def endless(*args, **named):\n    while True:\n        pass\n"
_FAILS = "def fails(*args, **named):\n    raise RuntimeError('it has no idea')\n"
_AS_NUMPY = "import numpy as np\n"
_ANSWERS = (
    "import numpy as np\n"
    "from dataclasses import replace\n"
    "from labelloop.domain.columns import Columns\n"
    "answer = Model.answer\n"
)
_MEASURE = (
    "import numpy as np\n"
    "from labelloop.recipes.text_choices.measure import ChoiceMeasure\n"
    "class Measure(ChoiceMeasure):\n    pass\n"
    "Control.measure = property(lambda self: Measure())\n"
)

# Not even loaded.
UNLOADED = {
    "a package that is missing": "import torch_of_another_planet",
    "a module that raises": "raise RuntimeError('no licence')",
    "a module that ends the process": "raise SystemExit(3)",
    "a module that never ends": "while True:\n    pass",
    "a module that is no Python": "def",
    "a module without a recipe": "del RECIPE",
    "nothing as the recipe": "RECIPE = None",
    "a class as the recipe, without a name": "RECIPE = object()",
    "the name of a built-in recipe": "Recipe.name = 'text_choices'",
    "a format of 0": "Recipe.format = 0",
    "a format that is a text": "Recipe.format = '1'",
}
# Loaded, and broken in what they read of label configs, tasks and annotations.
READING = {
    "read raises": _FAILS + "Recipe.read = fails",
    "read never ends": _ENDLESS + "Recipe.read = endless",
    "read gives a text": "Recipe.read = lambda self, config: 'control'",
    "a control without a hash": "Control.__hash__ = None",
    "about lacks keys": "Control.about = lambda self: {}",
    "sees is no text": "Control.sees = property(lambda self: 7)",
    "offered are numbers": "Control.offered = property(lambda self: (1, 2))",
    "input_of raises": _FAILS + "Control.input_of = fails",
    "input_of gives an object": "Control.input_of = lambda self, data: object()",
    "input_of never ends": _ENDLESS + "Control.input_of = endless",
    "label_of raises": _FAILS + "Control.label_of = fails",
    "label_of gives a set": "Control.label_of = lambda self, result: {1}",
    "missing gives None": "Control.missing = lambda self, labels, least: None",
    "missing raises": _FAILS + "Control.missing = fails",
    "parts are None": "Control.parts = lambda self, label: None",
}
# Broken in what they learn.
LEARNING = {
    "features raise": _FAILS + "Control.features = fails",
    "features are not finite": _AS_NUMPY + "features = Control.features\n"
    "def broken(self, inputs, tools, only=None):\n    seen = features(self, inputs, tools)\n"
    "    seen.blocks['words'][:] = np.nan\n    return seen\n"
    "Control.features = broken",
    "features lack rows": "features = Control.features\n"
    "Control.features = lambda self, inputs, tools, only=None: "
    "features(self, inputs[:-1], tools)",
    "features are a list": "Control.features = lambda self, inputs, *_: [1] * len(inputs)",
    "features never end": _ENDLESS + "Control.features = endless",
    "features are written to a disk that can't be written": "Control.features = "
    "lambda self, *_: open('/proc/nothing-is-written-here', 'w')",
    "features are fetched from nowhere": "import socket\nControl.features = lambda self, *_: "
    "socket.create_connection(('127.0.0.1', 1), timeout=1)",
    "features take all memory": "Control.features = lambda self, *_: bytearray(1 << 60)",
    "vectors are not finite": _AS_NUMPY
    + "Control.vectors = lambda self, seen: np.full((len(seen), 4), np.nan)",
    "vectors have another shape": _AS_NUMPY + "Control.vectors = lambda self, seen: np.zeros(3)",
    "fit raises": _FAILS + "Control.fit = fails",
    "fit ends the process": "import sys\nControl.fit = lambda self, *_: sys.exit(1)",
    "fit has no end": _ENDLESS + "Control.fit = endless",
    "fit calls itself": "def fit(self, *args):\n    return fit(self, *args)\nControl.fit = fit",
    "fit gives None": "Control.fit = lambda self, *_: None",
    "the artefact is a text": "from dataclasses import replace\npacked = Model.packed\n"
    "Model.packed = lambda self: replace(packed(self), artefact='model')",
    "the facts are not finite": "from dataclasses import replace\npacked = Model.packed\n"
    "Model.packed = lambda self: replace(packed(self), facts={'loss': float('nan')})",
    "too few answers out of fold": "from dataclasses import replace\npacked = Model.packed\n"
    "def broken(self):\n    made = packed(self)\n"
    "    return replace(made, out_of_fold=made.out_of_fold.take([0]))\nModel.packed = broken",
    "packed raises": _FAILS + "Model.packed = fails",
    "what is stored can't be loaded": _FAILS + "Recipe.load = fails",
    "load gives None": "Recipe.load = lambda self, artefact: None",
    "answers raise": _FAILS + "Model.answer = fails",
    "answers are None": "Model.answer = lambda self, seen: None",
    "answers are not finite": _ANSWERS + "def broken(self, seen):\n    made = answer(self, seen)\n"
    "    shares = np.full((len(made), len(made.names)), np.nan)\n"
    "    return replace(made, columns=Columns(len(made), {'probabilities': shares}))\n"
    "Model.answer = broken",
    "answers lack rows": _ANSWERS + "Model.answer = lambda self, seen: answer(self, seen).take([])",
    "answers have other names": _ANSWERS
    + "Model.answer = lambda self, seen: replace(answer(self, seen), names=('a', 'b'))",
    "answers never come": _ENDLESS + "Model.answer = endless",
    "readings raise": _FAILS + _MEASURE + "Measure.reading = fails",
    "hits are not finite": _MEASURE
    + "Measure.hits = lambda self, answers, labels: np.full(len(answers), np.nan)",
    "scores have another shape": _MEASURE
    + "Measure.log_scores = lambda self, answers, labels: np.zeros(1)",
    "known raises": _FAILS + "Control.known = fails",
    "results raise": _FAILS + "Control.results = fails",
    "results lack rows": "Control.results = lambda self, answers: []",
    "results are no JSON": "Control.results = lambda self, answers: [[{1j: 1}]] * len(answers)",
    "results are texts": "Control.results = lambda self, answers: ['Delivery'] * len(answers)",
    "results never come": _ENDLESS + "Control.results = endless",
}
BROKEN = UNLOADED | READING | LEARNING
# They need no limit of time to be found, but for these.
ENDLESS = [name for name, source in BROKEN.items() if "while True" in source]
