"""Each method of a recipe of one's own, broken in each of some ways: what was served stays.

The ways that are made up one by one are in `tests/broken_recipes.py`.
"""

import json
from itertools import product

import pytest

from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.show_project import show_project
from tests.broken_recipes import CONFIG
from tests.deps import stored_versions
from tests.integration.kinds.loop import ranked
from tests.integration.test_broken_recipes import FIRST, LABELLED, deploy, said, stack

__all__ = ["deploy", "stack"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.long]

METHODS = (
    *("Control.input_of", "Control.label_of", "Control.work", "Control.missing", "Control.parts"),
    *("Control.features", "Control.vectors", "Control.apart", "Control.fit", "Control.known"),
    *("Control.results", "Control.shown", "Model.answer", "Model.packed", "Recipe.read"),
)
WAYS = {
    "raises KeyError": "raise KeyError('text')",
    "raises an error without words": "raise Exception",
    "raises MemoryError": "raise MemoryError",
    "raises StopIteration": "raise StopIteration",
    "raises SystemExit": "raise SystemExit(1)",
    "raises what cannot be shown": "raise type('E', (Exception,), {'__str__': lambda _: 1 / 0})()",
    "gives a number": "return 7",
    "gives a generator": "return (one for one in args)",
    "gives an object that raises": "return type('O', (), {'__getattr__': lambda *_: 1 / 0})()",
    "gives a huge text": "return 'x' * 30_000_000",
    "gives itself": "return args[0]",
}


def broken(method: str, way: str) -> str:
    return f"def broken(*args, **named):\n    {WAYS[way]}\n{method} = broken"


@pytest.mark.parametrize(("method", "way"), [*product(METHODS, WAYS)])
def test_no_request_fails_and_what_is_served_answers(method, way, stack, deploy):
    version = stack.project.active_version()

    deploy(broken(method, way))
    stack.label(range(FIRST, len(LABELLED)))
    outcome = train(WakeUp(stack.key, "sweep"), stack.training)
    ranked(RankWakeUp(stack.key), stack.ranking, stack.clock)

    versions = stored_versions(stack.store, stack.clock)
    tasks = [{"id": 1, "data": {"message": "where is my parcel"}}, {"id": 2, "data": {}}]
    answers = predict(tasks, CONFIG, versions.of(stack.key, 0.0), Toolbox())
    assert [type(one.score) for one in answers] == [float, float]
    assert json.dumps([one.result for one in answers], allow_nan=False)
    status = describe(stack.key, stack.store)
    assert json.loads(json.dumps(status)) == status
    assert show_project(stack.key, stack.store)["status"]["version"] == status["version"]
    if outcome is not TrainOutcome.SWITCHED:  # it is where that method may give that
        assert stack.project.active_version() == version
        assert "example" in said(status), status
