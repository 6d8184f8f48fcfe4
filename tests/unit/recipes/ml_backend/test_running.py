"""A backend's class finds what it imports, and leaves the process as it was."""

import os
import socket
import sys

import pytest

from labelloop.errors import BadModel
from labelloop.recipes.ml_backend.answers import read_response
from labelloop.recipes.ml_backend.packing import Facts, packed, unpacked
from labelloop.recipes.ml_backend.response import ModelResponse, PredictionValue
from labelloop.recipes.ml_backend.running import Backend, Source
from tests.builders import label_config, region
from tests.moved_backends import BACKENDS

SOURCE = Source(BACKENDS / "word_votes" / "model.py")
TASK = {"id": 1, "data": {"text": "a lovely film"}}
LEARNT = [TASK | {"annotations": [{"result": [region("Negative")], "project": 1}]}]


@pytest.fixture
def backend():
    return Backend(SOURCE, label_config())


def result_of(backend):
    ((result, _),) = read_response(backend.predict([TASK]), 1)
    return result


def test_what_a_backend_learns_stays_with_it(backend):
    other = Backend(SOURCE, label_config())

    backend.fit(LEARNT)

    assert result_of(backend)[0]["value"]["choices"] == ["Negative"]
    assert "trained_on" not in other.values
    assert [path.name for path in backend.folder.iterdir()] == ["votes.json"]
    assert not list(other.folder.iterdir())


def test_nothing_of_a_backend_is_left_in_the_process(backend):
    modules, variables, path = set(sys.modules), dict(os.environ), list(sys.path)

    backend.fit(LEARNT)
    backend.predict([TASK])

    left = set(sys.modules) - modules
    assert not {name for name in left if name.startswith(("label_studio", "model"))}
    assert (dict(os.environ), sys.path) == (variables, path)
    with socket.socket() as free, pytest.raises(OSError, match="refused"):
        free.connect(("127.0.0.1", 9))  # the network is there again


def test_its_files_are_deleted_with_it():
    backend = Backend(SOURCE, label_config())
    folder = backend.folder
    backend.fit(LEARNT)

    del backend

    assert not folder.exists()


def test_labels_are_there_in_fit_alone(backend):
    module = BACKENDS / "word_votes" / "model.py"
    asks = Source(module, variables=(("ASKS", "while predicting"),))

    with pytest.raises(RuntimeError, match="in `fit` alone"):
        Backend(asks, label_config()).predict([TASK])


def test_state_is_packed_and_unpacked(backend, tmp_path):
    backend.fit(LEARNT)
    facts = Facts("votes", "<View/>", ("a",), 0.5, backend.values)

    again = unpacked(packed(facts, backend.folder), "votes", tmp_path)

    assert again == facts
    assert (tmp_path / "votes.json").read_text() == (backend.folder / "votes.json").read_text()


def test_another_recipes_state_is_no_model(backend, tmp_path):
    artefact = packed(Facts("votes", "", (), 0.5, {}), backend.folder)

    with pytest.raises(BadModel, match="votes"):
        unpacked(artefact, "another", tmp_path)


@pytest.mark.parametrize(
    ("response", "read"),
    [
        (None, [([], None)]),
        ([], [([], None)]),
        ([{"result": [], "score": 2}], [([], 1.0)]),
        ({"predictions": [{"result": [], "score": float("nan")}]}, [([], None)]),
        ([[PredictionValue(result=[]), PredictionValue(result=[])]], [([], None)]),
        (ModelResponse([PredictionValue(result=[{"score": 0.25}])]), [([{"score": 0.25}], 0.25)]),
    ],
)
def test_responses_of_any_shape_that_their_server_takes_are_read(response, read):
    assert read_response(response, 1) == read


def test_ids_are_the_same_each_time_and_still_link():
    box, more = {"id": "3f2a"}, {"id": "3f2a", "parentID": "77"}
    relation = {"type": "relation", "from_id": "3f2a", "to_id": "9c"}

    ((result, _),) = read_response([{"result": [box, more, relation]}], 1)

    assert result == [
        {"id": "r1"},
        {"id": "r1", "parentID": "r2"},
        {"type": "relation", "from_id": "r1", "to_id": "r3"},
    ]
