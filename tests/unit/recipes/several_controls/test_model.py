"""One artefact of several models, and what is none."""

import json

import pytest

from labelloop.errors import BadModel
from labelloop.recipes import BUILT_IN, control_of
from labelloop.recipes.several_controls.model import SeveralModel
from labelloop.recipes.tools import Toolbox
from tests.kinds.several_controls import EXAMPLE

MAGIC = b"labelloop several controls\n"
CONTROL = control_of(EXAMPLE.config)


@pytest.fixture(scope="module")
def artefact() -> bytes:
    labels = [CONTROL.label_of(one) for one in EXAMPLE.results]
    features = CONTROL.features([CONTROL.input_of(one) for one in EXAMPLE.tasks], Toolbox())
    return CONTROL.fit(labels, features).packed().artefact


def packed(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return MAGIC + len(text).to_bytes(8, "big") + text + body


def test_it_names_its_parts_and_what_they_read(artefact):
    model = SeveralModel.load(artefact)

    assert [name.partition(":")[2] for name in model.needs] == ["bags"]
    assert model.encoder == ""
    assert model.names[0].startswith("tone:")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        MAGIC,
        MAGIC + b"\xff" * 8 + b"{",
        packed([]),
        packed({}),
        packed({"format": 0, "parts": []}),
        packed({"format": BUILT_IN["several_controls"], "parts": []}),
        packed({"format": BUILT_IN["several_controls"], "parts": [{"bytes": 0}]}),
        packed({"format": BUILT_IN["several_controls"], "parts": [{"bytes": 1}]}, b"xy"),
        packed(
            {
                "format": BUILT_IN["several_controls"],
                "parts": [{"bytes": 2, "recipe": "spans?", "name": "x", "group": "0:"}],
            },
            b"xy",
        ),
    ],
    ids=range(10),
)
def test_other_bytes_are_a_bad_model(bad):
    with pytest.raises(BadModel):
        SeveralModel.load(bad)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_a_model_that_was_cut_off_is_refused(artefact, place):
    with pytest.raises(BadModel):
        SeveralModel.load(artefact[: int(len(artefact) * place)])


def test_more_bytes_than_its_parts_have_are_refused(artefact):
    with pytest.raises(BadModel, match="as long"):
        SeveralModel.load(artefact + b"x")
