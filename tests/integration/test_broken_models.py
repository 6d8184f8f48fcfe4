"""Whatever people import: what is served stays, and they read why, and what to do about it."""

import io
import zipfile
from functools import cache
from pathlib import Path

import pytest

from labelloop.adapters.sandbox import SandboxLimits, run_on_file
from labelloop.cli.imported_model import Source, artefact_of
from labelloop.errors import LabelloopError
from labelloop.recipes.importing import TRIAL
from tests.broken_models import DEEDS, ENDS, FILES, TOKENIZER, bytes_of, description
from tests.integration.kinds.test_imported import Importing
from tests.kinds.text_choices import EXAMPLE

ALL = FILES | ENDS | DEEDS
LIMITS = SandboxLimits(megabytes=900, seconds=60)
SHORT = {"run_s": 2.0}


@cache
def living():
    """A project with a version at work, and what it predicts."""
    project = Importing()
    project.label(range(30), EXAMPLE.answer)
    project.learn("sweep")
    return project, project.version, project.predict(EXAMPLE.tasks[:5])


def sandboxed(artefact, rows):
    return run_on_file(TRIAL, "package", artefact, {"rows": list(rows), **SHORT}, LIMITS)


def imported(artefact):
    project, _, _ = living()
    outcome = project.imported(artefact, try_model=sandboxed)
    assert not outcome["served"]
    assert not project.stored.imports.waiting()
    return outcome["why"], outcome["fix"]


def refused(broken):
    """Return the reason, and what to do: before the upload, else by the function that trains."""
    source = Source(Path("model.onnx"), broken.made(), broken.tokenizer, {})
    try:
        artefact, _ = artefact_of(source, broken.wishes)
    except LabelloopError as exc:
        return str(exc), exc.fix
    return imported(artefact)


def stays():
    project, version, predictions = living()
    assert project.version == version
    assert project.predict(EXAMPLE.tasks[:5]) == predictions


@pytest.mark.parametrize("name", ALL)
def test_a_broken_model_is_refused_in_words_and_what_is_served_stays(name):
    why, fix = refused(ALL[name])

    assert ALL[name].says in why
    assert fix
    assert "Traceback" not in why
    stays()


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
    why, _ = imported(ARTEFACTS[name])

    assert why
    assert "Traceback" not in why
    stays()
