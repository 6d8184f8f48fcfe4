"""A kind of labelling that nobody built in goes through the whole loop: the parity of a number.

All of it is in this file. Its answers are no probabilities but leanings from -1, even, to 1, odd;
its labels are numbers, which have no parts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.project import Project
from labelloop.cli.finished import finished
from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.domain.measure import Doubt, Expected
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.errors import BadModel
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import forget_added
from labelloop.recipes.protocol import Trained
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.judging.backtest import Replay, compare
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from tests.contract.recipe_contract import RecipeContract
from tests.deps import ranking_deps, stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked

CONFIG = '<View><Text name="number" value="$n"/><Number name="parity" toName="number"/></View>'
LABELS = 60


# -- the recipe ------------------------------------------------------------------------------


def leanings(a: Answers) -> np.ndarray:
    found = a.columns.array("leaning")
    return np.empty(0) if found is None else found


def said(values: Any) -> Answers:
    return Answers((), Columns(len(values), {"leaning": np.asarray(values, np.float32)}))


def sides(labels: Sequence[Any]) -> np.ndarray:
    return np.array([2.0 * label - 1 for label in labels])


@dataclass(frozen=True)
class ParityReading:
    values: np.ndarray

    def __len__(self):
        return len(self.values)

    @property
    def confidence(self):
        return (1 + np.abs(self.values)) / 2

    @property
    def shares(self):
        return np.empty((len(self.values), 0))

    def sureness(self, name=""):
        return np.abs(self.values)

    def take(self, rows):
        return ParityReading(self.values[np.asarray(rows, np.int64)])


class ParityMeasure:
    title = "accuracy"

    def reading(self, a):
        return ParityReading(leanings(a))

    def aligned(self, a, names):
        return a

    def alike(self, names, n):
        return said(np.zeros(n))

    def labels(self, a):
        return [int(value > 0) for value in leanings(a)]

    def hits(self, a, labels):
        return (np.array(self.labels(a)) == np.array(labels)).astype(float).reshape(len(a))

    def fair(self, a, labels, *also):
        scales = np.linspace(0.25, 1.5, 6)
        best = max(scales, key=lambda scale: self._score(a, labels, scale), default=1.0)
        return tuple(said(np.clip(leanings(one) * best, -1, 1)) for one in (a, *also))

    def _score(self, a, labels, scale):
        scaled = np.clip(leanings(a) * scale, -1, 1)
        return self.log_scores(said(scaled), labels).sum(), -abs(scale - 1)

    def log_scores(self, a, labels):
        return -((leanings(a) - sides(labels)) ** 2) / 4

    def expected(self, a):
        odd = (1 + leanings(a)) / 2
        if_odd, if_even = -((leanings(a) - 1) ** 2) / 4, -((leanings(a) + 1) ** 2) / 4
        mean = odd * if_odd + (1 - odd) * if_even
        variance = odd * if_odd**2 + (1 - odd) * if_even**2 - mean**2
        return Expected(mean, variance, np.maximum(odd, 1 - odd))

    def gain(self, old, new):
        belief = (leanings(old) + leanings(new)) / 2
        return (np.array(self.labels(new)) - np.array(self.labels(old))) * belief

    def disagreement(self, one, other):
        return float(np.mean(np.array(one) != np.array(other))) if len(one) else 0.0

    def doubts(self, a, labels, votes):
        against = -leanings(a) * sides(labels)
        found = [
            Doubt(row, 1 - labels[row], float((1 + against[row]) / 2), len(set(votes[row])) > 1)
            for row in range(len(a))
            if against[row] > 0 or len(set(votes[row])) > 1
        ]
        return sorted(found, key=lambda one: -one.doubt)

    def by_part(self, a, labels):
        return {}


@dataclass(frozen=True)
class ParityModel:
    """How each last digit leans; nothing of it is a probability."""

    weights: tuple[float, ...]
    out_of_fold: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    encoder: str = ""
    needs: tuple[str, ...] = ("digit",)

    def answer(self, seen):
        digits = seen.array("digit")
        return said(np.zeros(0) if digits is None else digits @ np.array(self.weights))

    def packed(self):
        body = json.dumps({"leanings": self.weights}).encode()
        return Trained(body, {"bytes": len(body)}, said(self.out_of_fold))


@dataclass(frozen=True)
class ParityControl:
    recipe: str = "parity"
    sees: str = "parity of $n"
    asks: str = "parity"
    offered: tuple[str, ...] = ()
    law: None = None
    is_pushable: bool = True

    @property
    def measure(self):
        return ParityMeasure()

    def about(self):
        return {"choice": "parity", "text": "$n", "labels": [], "others": []}

    def input_of(self, data):
        number = data.get("n") if isinstance(data, dict) else None
        return number if type(number) is int else None

    def work(self, one):
        return 10

    def features(self, inputs, tools, only=None):
        digits = np.eye(10, dtype=np.float32)[np.array([abs(n) % 10 for n in inputs], np.int64)]
        return Columns(len(inputs), {"digit": digits})

    def apart(self, encoder):
        return ("digit",)

    def vectors(self, seen):
        return seen.array("digit")

    def label_of(self, result):
        for region in result:
            value = region.get("value")
            number = value.get("number") if isinstance(value, dict) else None
            if region.get("from_name") == "parity" and number in (0, 1):
                return int(number)
        return None

    def why_unusable(self, result, is_readable):
        if self.label_of(result) is None:
            return "without a parity", ""
        return ("", "") if is_readable else ("on tasks without a number", "")

    def parts(self, label):
        return ()

    def missing(self, labels, least):
        if len(labels) >= max(least, 1):
            return ""
        return f"a model takes {least} parities, and there are {len(labels)}"

    def fit(self, labels, seen, pool=None, tools=None):
        digits, given = seen.array("digit"), sides(labels)
        sums, counts = digits.T @ given, digits.sum(axis=0)
        weights = sums / (counts + 0.5)
        rest = digits @ sums - given
        out_of_fold = rest / (digits @ counts - 1 + 0.5)
        return ParityModel(tuple(weights.tolist()), tuple(out_of_fold.tolist()))

    def load(self, artefact):
        return RECIPE.load(artefact)

    def known(self, names):
        return ()

    def shown(self, a, known):
        return a

    def results(self, a):
        confident = ParityReading(leanings(a)).confidence.tolist()
        return [
            [self._region(label, score)]
            for label, score in zip(ParityMeasure().labels(a), confident, strict=True)
        ]

    def largest(self, names):
        return [self._region(1, 1 / 3)]

    def _region(self, label, score):
        value = {"number": label}
        names = {"from_name": "parity", "to_name": "number", "type": "number"}
        return names | {"value": value, "score": score}


class ParityRecipe:
    name = "parity"
    format = 7

    def read(self, config):
        found = [tag for tag in config.of_kind("number") if tag.attributes["name"] == "parity"]
        return ParityControl() if found else None

    def why_not(self, config):
        return "no <Number name='parity'>"

    def load(self, artefact):
        try:
            return ParityModel(tuple(json.loads(artefact)["leanings"]))
        except (ValueError, KeyError, TypeError) as exc:
            raise BadModel("no parities") from exc

    def of_export(self, dataset, control, field):
        given = (one.result for one in dataset.live_annotations())
        found = any(ParityControl().label_of(result) is not None for result in given)
        return ParityControl() if found else None

    def same(self, one):
        return str(one)


RECIPE = ParityRecipe()


# -- the contract ----------------------------------------------------------------------------


def region(parity: int) -> dict[str, Any]:
    value = {"number": parity}
    return {"from_name": "parity", "to_name": "number", "type": "number", "value": value}


class TestParity(RecipeContract):
    recipe = RECIPE
    config = CONFIG
    tasks = [{"n": 7 * number} for number in range(40)]
    results = [[region(7 * number % 2)] for number in range(40)]


# -- the loop --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _installed(tmp_path_factory, monkeypatch):
    """Install the recipe as a package does: by the entry point that its metadata names."""
    folder = tmp_path_factory.mktemp("site-packages")
    metadata = folder / "parity_recipe-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: parity-recipe\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[labelloop.recipes]\nparity = {__name__}:RECIPE\n")
    monkeypatch.syspath_prepend(folder)
    forget_added()
    yield
    forget_added()


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(clock=clock)


@pytest.fixture
def id_(studio) -> int:
    made = studio.create_project(label_config=CONFIG)
    studio.import_tasks(made, [{"n": 3 * number} for number in range(200)])
    return made


@pytest.fixture
def key(studio, id_) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def train_deps(store, rank_queue, clock) -> TrainDeps:
    return training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")


@pytest.fixture
def rank_deps(store, rank_queue, queue, studio, clock) -> RankDeps:
    versions = stored_versions(store, clock)
    return ranking_deps(
        store,
        rank_queue,
        clock,
        train_queue=queue,
        versions=lambda: versions,
        label_studio=lambda: studio,
        strategy="typical_then_margin",
        queue_length=50,
    )


@pytest.fixture
def label(studio, id_, store, queue, clock):
    """Have people label some tasks, wrongly where wanted; the webhook tells of each."""

    def label(rows: range, wrong: frozenset[int] = frozenset()) -> None:
        tasks = [task for page in studio.tasks(id_) for task in page]
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for task in tasks[rows.start : rows.stop]:
            parity = task["data"]["n"] % 2
            result = [region(1 - parity if task["id"] in wrong else parity)]
            annotate(studio, id_, task, result, deps, clock)

    return label


def test_a_kind_that_nobody_built_in_goes_through_the_loop(
    studio, id_, key, store, clock, label, train_deps, rank_deps
):
    # Before any label the pool is put in an order, without suggestions.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    first = studio.predictions_of(id_)
    assert len(first) == 50
    assert not any(one["result"] for one in first)

    # Labels come by the webhook, are folded and learnt; the version is served.
    label(range(LABELS))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert (active.recipe, active.format) == ("parity", 7)

    # It predicts, by its own results, and nothing for a label config of another kind.
    served = rank_deps.versions().of(key, 0.0)
    tasks = [{"id": 1, "data": {"n": 12}}, {"id": 2, "data": {"n": "?"}}, {"data": {"n": 7}}]
    answers = predict(tasks, CONFIG, served, Toolbox())
    assert [one.result[0]["value"]["number"] if one.result else None for one in answers] == [
        0,
        None,
        1,
    ]
    assert 0.5 <= answers[0].score < answers[1].score == 1.0
    other = CONFIG.replace("Number", "Rating")
    assert [one.result for one in predict(tasks, other, served, Toolbox())] == [[], [], []]

    # The pool is ranked by it, and pushed with its results.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    pushed = studio.predictions_of(id_, active.version)
    assert {part["type"] for one in pushed for part in one["result"]} == {"number"}
    assert studio.project(id_)["model_version"] == active.version

    # A second version is judged against the first, and served.
    label(range(LABELS, LABELS + 60), wrong=frozenset({store_id(studio, id_, LABELS + 5)}))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    project = Project(store, key)
    card = project.card(project.active().value.version)
    assert card is not None
    assert card.recipe == "parity"
    assert card.gate["switches"]
    assert card.gate["numbers"]["labels"]["rows"] == LABELS
    assert card.insights["random_share"]["value"] > 0.9
    assert card.insights["saving"] is None  # no law says what is saved here

    # What people see of it.
    status = describe(key, store)
    assert status["learning"]["usable"]["usable"] == LABELS + 60
    assert status["told"]
    doubts = doubt(key, store)["doubts"]
    assert doubts[0]["task"] == store_id(studio, id_, LABELS + 5)
    assert {doubts[0]["label"], doubts[0]["suggested"]} == {0, 1}


def test_labels_that_contradict_are_refused(key, store, studio, id_, label, train_deps):
    label(range(120))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    good = Project(store, key).active().value.version
    label(range(120), wrong=frozenset(store_id(studio, id_, row) for row in range(120)))

    train(WakeUp(key, "sweep"), train_deps)

    assert Project(store, key).active().value.version == good
    assert describe(key, store)["refused"]["reason"]


@pytest.fixture
def uninstall(monkeypatch):
    def uninstall() -> None:
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: ())
        forget_added()

    return uninstall


def test_a_recipe_that_is_not_installed_any_more_withdraws_nothing(
    key, store, label, train_deps, uninstall
):
    label(range(LABELS))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    project = Project(store, key)
    version = project.active_version()

    uninstall()

    assert project.untrained_dataset("", trusts_unknown=True) is not None
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.RECIPE_FAILED
    assert project.untrained_dataset("", trusts_unknown=True) is None  # no sweep wakes it again
    label(range(LABELS, LABELS + 5))
    assert train(WakeUp(key, "start_training"), train_deps) is TrainOutcome.RECIPE_FAILED
    assert (
        "the recipe 'parity', which is not installed" in describe(key, store)["put_off"]["reason"]
    )
    assert project.active_version() == version


def test_a_recipe_that_is_installed_later_learns_what_was_labelled_when_asked(
    key, store, label, train_deps, monkeypatch
):
    with monkeypatch.context() as before:
        before.setattr("importlib.metadata.entry_points", lambda group: ())
        forget_added()
        label(range(LABELS))
        train(WakeUp(key, "sweep"), train_deps)
        assert Project(store, key).active_version() == "untrained"
    forget_added()

    assert train(WakeUp(key, "start_training"), train_deps) is TrainOutcome.SWITCHED
    assert Project(store, key).active().value.recipe == "parity"


def test_a_finished_project_of_it_is_replayed(tmp_path):
    made = "2026-11-23T10:00:00Z"
    tasks = [
        {
            "id": number,
            "created_at": made,
            "updated_at": made,
            "data": {"n": 3 * number},
            "annotations": [
                {
                    "id": number,
                    "created_at": made,
                    "updated_at": made,
                    "was_cancelled": False,
                    "result": [region(3 * number % 2)],
                }
            ],
        }
        for number in range(1, 151)
    ]
    export = tmp_path / "export.json"
    export.write_text(json.dumps(tasks))

    project = finished(export)
    control = project.control
    replay = Replay(control.features(project.inputs, Toolbox()), project.labels, control, Toolbox())
    steps = replay.steps(50)
    names = ("typical_then_margin", RANDOM)
    found = compare(steps, {name: [replay.run(name, 0, steps)] for name in names})

    assert (control.recipe, len(project.inputs)) == ("parity", 150)
    assert found.results["typical_then_margin"].curve[-1][1] > 0.9


def store_id(studio: MemoryLabelStudio, id_: int, row: int) -> int:
    """Return the id of a task by its place."""
    return int([task["id"] for page in studio.tasks(id_) for task in page][row])
