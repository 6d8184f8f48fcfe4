"""`labelloop model import` of image classifiers: between the real handlers, and moto."""

import json
from dataclasses import replace
from importlib import import_module

import pytest
from onnx import TensorProto

from labelloop import bootstrap
from labelloop.bucket.project import Project
from tests.builders import annotation, event, task
from tests.conftest import load_event
from tests.integration.cli.importing import importing
from tests.integration.conftest import CONTEXT
from tests.kinds.digits import EXAMPLE, NAMES, file_of, written
from tests.onnx_models import convolution, image_model, text_pipeline
from tests.tiny_images import COLOURS, files, inline

UNSEEN = [
    {"image": inline(file_of(image)), "shows": name}
    for image, name in zip(written()[0][300:306], written()[1][300:306], strict=True)
]


@pytest.fixture
def seeing(aws, monkeypatch):
    """A deployment with an image encoder."""
    monkeypatch.setenv("IMAGE_ENCODER", "tiny")
    for name, body in files().items():
        aws.s3.put_object(Bucket=aws.bucket, Key=f"encoders/tiny/{name}", Body=body)


@pytest.fixture
def import_it(seeing, world, monkeypatch):
    """Have somebody import a model into a project with 24 labels; return the exit code and JSON."""
    world.studio.labels = set(NAMES)
    world.studio.change_project(world.project, label_config=EXAMPLE.config)
    project = Project(bootstrap.store(), world.key)
    for place, data in enumerate(EXAMPLE.tasks[:24]):
        labelled = event(
            label_config=EXAMPLE.config,
            tasks=(replace(task(place + 1), data=data),),
            annotations=(annotation(place + 1, result=EXAMPLE.answer(data)),),
        )
        project.add_event(f"{place:04d}", labelled)
    world.fold()

    return importing(world, monkeypatch)


@pytest.fixture
def folder(tmp_path):
    """A classifier of digits as the hub lays one out."""
    images, names = written()
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(image_model(images[120:], names[120:]))
    config = {"id2label": {str(place): name for place, name in enumerate(sorted(NAMES))}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    processor = {"size": {"height": 8, "width": 8}, "resample": 3, "do_normalize": False}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor))
    return tmp_path


def answered(world, *data):
    """Return what the function that predicts answers; it is 200, whatever the tasks hold."""
    asked = load_event("predict-predict")
    body = json.loads(asked["body"])
    body["project"], body["label_config"] = world.key, EXAMPLE.config
    body["tasks"] = [{"id": place, "data": one} for place, one in enumerate(data)]
    asked["body"] = json.dumps(body)
    answer = import_module("functions.predict.app").lambda_handler(asked, CONTEXT)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])["results"]


def chosen(results):
    return [one["result"][0]["value"]["choices"][0] if one["result"] else "" for one in results]


def test_a_classifier_of_images_is_served_ordered_and_rolled_back(import_it, world, folder):
    trained = Project(bootstrap.store(), world.key).active_version()

    code, told = import_it(folder)

    assert (code, told["served"], told["labels"]) == (0, True, 24), told
    assert told["version"] == Project(bootstrap.store(), world.key).active_version() != trained
    results = answered(world, *UNSEEN)
    assert chosen(results) == [one["shows"] for one in UNSEEN]
    assert {one["model_version"] for one in results} == {told["version"]}
    assert not list(bootstrap.store().list(f"projects/{world.key}/imports/"))
    world.studio.import_tasks(world.project, EXAMPLE.tasks[24:72])
    world.rank()
    queue = world.studio.predictions(world.project)
    assert {one["model_version"] for one in queue} == {told["version"]}
    assert len({one["score"] for one in queue}) > 10
    imported = world.told("status")["card"]["imported"]
    assert imported["inputs"] == [
        "pixel_values: image 8 x 8 of the whole, grey, colours from 0 to 1"
    ]
    history = world.told("versions")["history"]
    why = next(one["why"] for one in history if one["version"] == told["version"])
    assert why.startswith("imported: not worse than the active version on 24 labels")
    assert world.told("rollback")["version"] == trained
    bootstrap.versions.cache_clear()
    assert {one["model_version"] for one in answered(world, *UNSEEN)} == {trained}
    assert world.told("pin")["project"] == world.key


@pytest.mark.parametrize(
    "image",
    [
        *("", None, 7, [], {}, "data:image/png;base64,aGVsbG8=", "data:image/png;base64,%%%"),
        *("data:,", "https://10.0.0.1/a.png", "https://not.listed/a.png", "s3://bucket/a.png"),
        *("file:///etc/passwd", "/data/upload/1/../../secret.png", UNSEEN[0]["image"][:80]),
    ],
)
def test_an_image_that_cannot_be_read_is_no_error(import_it, world, folder, image):
    import_it(folder)

    results = answered(world, UNSEEN[0], {"image": image}, UNSEEN[1])

    assert chosen(results) == [UNSEEN[0]["shows"], "", UNSEEN[1]["shows"]]


def test_people_read_how_images_are_prepared(import_it, tmp_path):
    images, names = written()
    file = tmp_path / "digits.onnx"
    file.write_bytes(image_model(images[120:], names[120:]))

    code, output = import_it(file, json_wanted=False)

    assert code == 0
    assert "8 x 8 of the whole, grey, colours from 0 to 1; that is a guess" in words_of(output)
    _, output = import_it(file, "--scale", "1/255", json_wanted=False)
    assert "colours from 0 to 1" in words_of(output)
    assert "guess" not in output


def words_of(output):
    return " ".join(output.split())


def test_options_count_more_than_the_file_beside_the_model(import_it, world, folder):
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": 8, "image_mean": [0.5]}))

    code, told = import_it(folder)
    assert code == 1
    assert "a number for each of 1 channels" in told["error"]

    code, told = import_it(
        folder, "--mean", "0", "--deviation", "1", "--scale", "1/255", "--image-size", "8"
    )
    assert (code, told["served"]) == (0, True)


def test_numbers_that_a_model_did_not_learn_are_seen_by_the_gate(import_it, world, folder):
    """A model that is fed otherwise than it was trained is worse, and not served."""
    code, told = import_it(folder, "--scale", "-1/255", "--mean", "-1", "--deviation", "1")

    assert (code, told["served"]) == (1, False)
    assert "worse on 24 labels" in told["error"]


def test_a_network_of_colours_is_refused_where_digits_are_asked_about(import_it, tmp_path):
    file = tmp_path / "colours.onnx"
    graph = convolution(list(COLOURS.values()), size=8, kind=TensorProto.FLOAT)
    file.write_bytes(graph)

    code, told = import_it(file, "--labels", ",".join(COLOURS))

    assert (code, told["error"]) == (1, "the label config offers no red, green, blue")


def test_a_model_of_texts_is_refused_before_it_is_uploaded(import_it, world, tmp_path):
    file = tmp_path / "texts.onnx"
    file.write_bytes(text_pipeline(["ay", "bee", "sea"] * 3, ["zero", "one", "seven"] * 3))

    code, told = import_it(file)

    assert code == 1
    assert told["error"] == "the label config asks about an image, and the model reads none"
    assert not list(bootstrap.store().list(f"projects/{world.key}/imports/"))


def test_options_that_are_no_numbers_are_refused_with_an_example(import_it, folder):
    code, told = import_it(folder, "--image-size", "wide")

    assert (code, told["fix"]) == (1, "as --image-size 224, or 320x240")
