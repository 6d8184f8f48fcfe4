"""A damaged or foreign model is never served: the one before stays, and a metric counts it."""

import json
import random
import resource
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.messages import WakeUp
from labelloop.recipes import load
from labelloop.usecases.learning.train import train
from labelloop.usecases.serving.serve import Versions
from tests.builders import PROJECT, created, reviews
from tests.conftest import load_event
from tests.fakes import MemoryStore
from tests.integration.conftest import CONTEXT
from tests.reliability.forgeries import FORGED, changed
from tests.reliability.report import find, size
from tests.reliability.training import is_learnt, training

ROOT = f"projects/{PROJECT}/"


@dataclass
class Served:
    """A project with two versions, and a store in which the newer one's model can be damaged."""

    store: MemoryStore
    first: str
    second: str

    @property
    def key(self) -> str:
        return f"{ROOT}models/{self.second}/model.onnx"

    def damage(self, model: bytes | None, is_named: bool = False) -> None:
        """Put another model in its place; `is_named` = its checksum is the pointer's too."""
        if model is None:
            self.store.delete([self.key])
            return
        self.store.tamper(self.key, model)
        if is_named:
            pointer = json.loads(self.store.body(f"{ROOT}active.json"))
            pointer["sha256"] = sha256(model).hexdigest()
            self.store.tamper(f"{ROOT}active.json", json.dumps(pointer).encode())


@pytest.fixture(scope="module")
def trained() -> MemoryStore:
    """Train twice, as the functions do."""
    store = MemoryStore()
    deps = training(store)
    for number, event in enumerate([*reviews(12), created(13, "Negative", "a dull film")]):
        Project(store, PROJECT).add_event(f"{number:03d}", event)
        if number >= 11:
            train(WakeUp(PROJECT, "sweep"), deps)
    return store


@pytest.fixture
def served(trained, aws, monkeypatch) -> Served:
    store = copy(trained)
    second, first = Project(store, PROJECT).versions()
    monkeypatch.setattr(bootstrap, "store", lambda: store)
    return Served(store, first, second)


@pytest.fixture
def rejected(monkeypatch) -> list[str]:
    counted: list[str] = []
    monkeypatch.setattr("labelloop.usecases.serving.serve.count", counted.append)
    return counted


@pytest.fixture
def predict(cold_start) -> Callable[[], tuple[int, str]]:
    """Ask a function that starts now for a prediction; give back the status and the version."""
    from functions.predict.app import lambda_handler

    def predict() -> tuple[int, str]:
        cold_start()
        body = json.loads(load_event("predict-predict")["body"]) | {"project": PROJECT}
        answer = lambda_handler(load_event("predict-predict") | {"body": json.dumps(body)}, CONTEXT)
        results = json.loads(answer["body"]).get("results", [{}])
        return answer["statusCode"], results[0].get("model_version", "")

    return predict


def of_another_project() -> bytes:
    store = MemoryStore()
    for number in range(8):
        kind = ("Positive", "kurz"), ("Negative", "lang")
        Project(store, PROJECT).add_event(f"{number}", created(number + 1, *kind[number % 2]))
    train(WakeUp(PROJECT, "sweep"), training(store))
    return store.body(store.keys("model.onnx")[0])


def flipped(model: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(model))
    return model[:at] + bytes([model[at] ^ 1 << chance.randrange(8)]) + model[at + 1 :]


def damaged(model: bytes, other: bytes, number: int) -> bytes | None:
    """Return a model that the pointer's checksum is not of, None for a missing one."""
    chance = random.Random(number)
    match number % 20:
        case 0:
            return model[: chance.randrange(len(model))]
        case 1:
            return other  # another project's
        case 2:
            return chance.choice((b"", b"\0", b"{}", b"<Error/>", chance.randbytes(5_000), None))
        case 3:
            return model + chance.randbytes(chance.randint(1, 100))
        case _:
            return flipped(model, chance)


def test_a_model_that_its_checksum_does_not_fit_is_never_served(served, rejected, predict):
    count = size(150, 1_000)
    model, other = served.store.body(served.key), of_another_project()
    wrong = 0
    for number in range(count):
        served.damage(damaged(model, other, number))
        rejected.clear()
        wrong += (predict(), rejected) != ((200, served.first), ["VersionRejected"])
    served.damage(model)

    assert predict() == (200, served.second)
    find("damaged models: served, 5xx or not counted", wrong, f"of {count:,} models")


def test_a_function_at_work_keeps_the_version_before(trained, rejected):
    """It has loaded the first version when the damaged one is published."""
    count = size(40, 1_000)
    chance, wrong = random.Random(1), 0
    second, first = Project(trained, PROJECT).versions()
    model = trained.body(f"{ROOT}models/{second}/model.onnx")
    for _ in range(count):
        store, now = copy(trained), [0.0]
        pointer = json.loads(store.body(f"{ROOT}active.json"))
        before = {"version": first, "sha256": pointer["previous_sha256"]}
        store.tamper(f"{ROOT}active.json", json.dumps(pointer | before).encode())
        versions = Versions(store, load, encoder="", clock=partial(now.__getitem__, 0))
        assert versions.of(PROJECT).version == first
        store.tamper(f"{ROOT}models/{second}/model.onnx", flipped(model, chance))
        store.tamper(f"{ROOT}active.json", json.dumps(pointer).encode())
        now[0] += 10
        wrong += versions.of(PROJECT).version != first

    find("damaged models: replaced a good one at work", wrong, f"of {count:,} models")


def copy(store: MemoryStore) -> MemoryStore:
    other = MemoryStore()
    for key in store.keys(""):
        other.create(key, store.body(key))
    return other


def test_a_forged_model_is_never_served(served, rejected, predict):
    model, wrong = served.store.body(served.key), []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, forge in FORGED.items():
        served.damage(changed(model, forge), is_named=True)
        rejected.clear()
        if (predict(), rejected) != ((200, served.first), ["VersionRejected"]):
            wrong.append(name)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024

    print(*wrong, sep="\n")
    find("forged models: served, 5xx or not counted", len(wrong), f"of {len(FORGED)} kinds")
    assert grown_mb < 500


# -- what else may be damaged ----------------------------------------------------------------

BROKEN = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"a"',
    b"{}",
    b'{"version": 7}',
    b"\xff\xfe",
    b"[" * 9_999,
)


def test_a_damaged_pointer_or_choice_is_no_5xx(trained, served, rejected, predict, monkeypatch):
    statuses = []
    for name in ("active.json", "options.json", "lease.json", "survey.json", "ranked.json"):
        for body in BROKEN:
            damaged_store = copy(trained)
            damaged_store.tamper(ROOT + name, body)
            monkeypatch.setattr(bootstrap, "store", partial(copy, damaged_store))
            statuses.append(predict()[0])

    assert {*statuses} == {200}


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_damaged_lease_keeps_nobody_from_training(trained, body):
    store = copy(trained)
    store.tamper(f"{ROOT}lease.json", body)
    project = Project(store, PROJECT)
    project.add_event("999", created(20, "Positive", "what a film"))

    train(WakeUp(PROJECT, "sweep"), training(store))

    assert is_learnt(project)
