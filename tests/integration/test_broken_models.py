"""Whatever people import: what is served stays, and they read why, and what to do about it."""

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labelloop.adapters.sandbox import SandboxLimits, run_on_file
from labelloop.cli.imported_model import Source, artefact_of
from labelloop.errors import LabelloopError
from labelloop.recipes.importing import TRIAL
from tests.broken_models import (
    DEEDS,
    ENDS,
    FILES,
    IMAGES,
    TOKENIZER,
    bytes_of,
    description,
    seeing,
)
from tests.integration.kinds.test_imported import Importing
from tests.kinds.image_choices import EXAMPLE as COLOURED
from tests.kinds.text_choices import EXAMPLE
from tests.tiny_images import toolbox

ALL = FILES | ENDS | DEEDS
LIMITS = SandboxLimits(megabytes=900, seconds=60)
SHORT = {"run_s": 2.0}


class Living:
    """A project with a version at work, which whatever people import leaves alone."""

    def __init__(self, example, tools=None):
        self.project, self.example = Importing(tools, example), example
        self.project.label(range(30), example.answer)
        self.project.learn("sweep")
        self.version, self.before = self.project.version, self.predicted()

    def predicted(self):
        return self.project.predict(self.example.tasks[:5], self.project.tools)

    def refusal(self, artefact):
        outcome = self.project.imported(artefact, try_model=sandboxed)
        assert not outcome["served"]
        assert not self.project.stored.imports.waiting()
        return outcome["why"], outcome["fix"]

    def demand_unchanged(self):
        assert self.project.version == self.version
        assert self.predicted() == self.before


@cache
def texts():
    return Living(EXAMPLE)


@cache
def images():
    return Living(COLOURED, toolbox())


def sandboxed(artefact, rows):
    return run_on_file(TRIAL, "package", artefact, {"rows": list(rows), **SHORT}, LIMITS)


def refused(broken, living):
    """Return the reason, and what to do: before the upload, else by the function that trains."""
    source = Source(Path("model.onnx"), broken.made(), broken.tokenizer, {})
    try:
        artefact, _, _ = artefact_of(source, broken.wishes)
    except LabelloopError as exc:
        return str(exc), exc.fix
    return living.refusal(artefact)


@pytest.mark.parametrize("name", ALL)
def test_a_broken_model_is_refused_in_words_and_what_is_served_stays(name):
    demand_refused(ALL[name], texts())


@pytest.mark.parametrize("name", IMAGES)
def test_a_broken_model_of_images_is_refused_too(name):
    demand_refused(IMAGES[name], images())


def demand_refused(broken, living):
    why, fix = refused(broken, living)

    assert broken.says in why
    assert fix
    assert "Traceback" not in why
    living.demand_unchanged()


def zipped(kind=zipfile.ZIP_STORED, **files):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return body.getvalue()


GRAPH = bytes_of()()
SOUND = {"description_json": description(), "model_onnx": GRAPH, "tokenizer_json": TOKENIZER}
ARTEFACTS = {
    "nothing": b"",
    "any bytes": b"artefact",
    "a graph alone": GRAPH,
    "an empty archive": zipped(),
    "half an archive": zipped(**SOUND)[:500],
    "a compressed one": zipped(zipfile.ZIP_DEFLATED, **SOUND),
    "no description": zipped(model_onnx=GRAPH),
    "no graph": zipped(description_json=description()),
    "of another release": zipped(**SOUND | {"description_json": description(format=99)}),
    "no JSON": zipped(**SOUND | {"description_json": b"?"}),
    "a list": zipped(**SOUND | {"description_json": b"[]"}),
    "more than is known": zipped(**SOUND | {"description_json": description(more=1)}),
    "another output": zipped(**SOUND | {"description_json": description(output="x")}),
    "labels that are numbers": zipped(**SOUND | {"description_json": description(labels=[1, 2])}),
    "labels that are lists": zipped(**SOUND | {"description_json": description(labels=[[1]])}),
    "an input of no known role": zipped(
        **SOUND
        | {
            "description_json": description(
                inputs=[{"name": "x", "role": "?", "type": "int64", "shape": [0, 0], "fields": []}]
            )
        }
    ),
    "inputs that are none": zipped(**SOUND | {"description_json": description(inputs=["x"])}),
    "no tokenizer": zipped(description_json=description(), model_onnx=GRAPH),
    "a head that is none": zipped(**SOUND, head_onnx=b"head"),
}


@pytest.mark.parametrize("name", ARTEFACTS)
def test_what_somebody_put_into_the_bucket_by_hand_is_refused_too(name):
    why, _ = texts().refusal(ARTEFACTS[name])

    assert why
    assert "Traceback" not in why
    texts().demand_unchanged()


PIXELS = {"height": 8, "width": 8}
READS_IMAGES: dict[str, Any] = {
    "labels": ["red", "green", "blue"],
    "inputs": [
        {"name": "pixels", "role": "image", "type": "float", "shape": [0, 3, 8, 8], "fields": []}
    ],
}
DESCRIBED: dict[str, Any] = {
    "no word of its pixels": READS_IMAGES,
    "pixels of a model of texts": {"pixels": PIXELS},
    "pixels that are none": READS_IMAGES | {"pixels": [8, 8]},
    "pixels without a size": READS_IMAGES | {"pixels": {}},
    "pixels of a size that is none": READS_IMAGES | {"pixels": PIXELS | {"height": "8"}},
    "pixels beyond count": READS_IMAGES | {"pixels": PIXELS | {"height": 10**9}},
    "means that are none": READS_IMAGES | {"pixels": PIXELS | {"mean": ["a", "b", "c"]}},
    "a deviation of 0": READS_IMAGES | {"pixels": PIXELS | {"deviation": [0, 0, 0]}},
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_is_said_of_pixels_by_hand_is_checked(name):
    described = description(**DESCRIBED[name])

    why, _ = images().refusal(zipped(description_json=described, model_onnx=seeing()()))

    assert "can't be read" in why or "512 on a side" in why or "other than 0" in why
    images().demand_unchanged()
