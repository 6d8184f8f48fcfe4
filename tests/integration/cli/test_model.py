"""`labelloop model import`: between a person's AWS rights, the real handlers, and moto."""

import json
import time
from importlib import import_module, metadata

import pytest
from sklearn.linear_model import LogisticRegression

from labelloop import bootstrap, recipes
from labelloop.bucket.objects import fields_of
from labelloop.bucket.project import Project
from labelloop.recipes.classifier.recipe import TextClassifier
from labelloop.recipes.entry_points import GROUP
from tests.builders import LABELS, created, event, label_config
from tests.conftest import load_event
from tests.integration.cli.importing import importing
from tests.integration.conftest import CONTEXT
from tests.onnx_models import number_model, text_pipeline, transformer
from tests.unit.recipes.test_recipes import Point

WORDS = {"Positive": "a great and lovely film", "Negative": "an awful and boring film"}
TEXTS = [f"{WORDS[LABELS[place % 2]]}, number {place}" for place in range(24)]
TRUE = [LABELS[place % 2] for place in range(24)]


@pytest.fixture
def import_it(world, monkeypatch):
    """Have somebody import a model into a project with 24 labels; return the exit code and JSON."""
    project = Project(bootstrap.store(), world.key)
    for place, (text, label) in enumerate(zip(TEXTS, TRUE, strict=True)):
        project.add_event(f"{place:04d}", created(place + 1, label, text))
    world.fold()

    return importing(world, monkeypatch)


def predicted(world, *texts):
    event = load_event("predict-predict")
    body = json.loads(event["body"])
    body["project"] = world.key
    body["label_config"] = world.studio.project(world.project)["label_config"]
    body["tasks"] = [{"id": place, "data": {"text": text}} for place, text in enumerate(texts)]
    event["body"] = json.dumps(body)
    answer = import_module("functions.predict.app").lambda_handler(event, CONTEXT)
    assert answer["statusCode"] == 200
    results = json.loads(answer["body"])["results"]
    return [one["result"][0]["value"]["choices"][0] for one in results], results


def test_a_pipeline_of_scikit_learn_is_served_and_rolled_back(import_it, world, tmp_path):
    trained = Project(bootstrap.store(), world.key).active_version()
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE))

    code, told = import_it(file)

    assert (code, told["served"], told["labels"]) == (0, True, 24)
    assert told["version"] == Project(bootstrap.store(), world.key).active_version()
    said, results = predicted(world, "lovely", "boring")
    assert said == ["Positive", "Negative"]
    assert {one["model_version"] for one in results} == {told["version"]}
    assert not list(bootstrap.store().list(f"projects/{world.key}/imports/"))
    world.studio.import_tasks(world.project, [{"text": f"{text} again"} for text in TEXTS * 2])
    world.rank()
    queue = world.studio.predictions(world.project)
    assert {one["model_version"] for one in queue} == {told["version"]}
    assert len({one["score"] for one in queue}) > 10
    status = world.told("status")
    assert status["card"]["imported"]["file"] == "reviews.onnx"
    assert "it was imported (reviews.onnx" in status["told"][0]
    history = world.told("versions")["history"]
    why = next(one["why"] for one in history if one["version"] == told["version"])
    assert why.startswith("imported: not worse than the active version on 24 labels")
    entries = Project(bootstrap.store(), world.key).history
    last = fields_of(entries.entry(entries.numbers()[-1]))
    assert (last["why"], last["by"]) == ("imported reviews.onnx", "labelloop")
    assert world.told("rollback")["version"] == trained
    assert world.told("pin")["project"] == world.key


def test_a_transformer_in_a_folder_is_served_ordered_and_rolled_back(import_it, world, tmp_path):
    trained = Project(bootstrap.store(), world.key).active_version()
    graph, tokenizer = transformer([WORDS[label].split() for label in LABELS], types=True)
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(graph)
    (tmp_path / "tokenizer.json").write_bytes(tokenizer)
    config = {"id2label": {str(place): label for place, label in enumerate(LABELS)}}
    (tmp_path / "config.json").write_text(json.dumps(config))

    code, told = import_it(tmp_path)

    assert (code, told["served"], told["accuracy"]) == (0, True, 1.0)
    assert predicted(world, "lovely lovely", "boring")[0] == ["Positive", "Negative"]
    words = (WORDS["Positive"] + " " + WORDS["Negative"]).split()
    texts = [f"{words[place % len(words)]} {words[place * 7 % len(words)]}" for place in range(60)]
    world.studio.import_tasks(world.project, [{"text": text} for text in texts])
    world.rank()
    queue = world.studio.predictions(world.project)
    assert {one["model_version"] for one in queue} == {told["version"]}
    assert len({one["score"] for one in queue}) > 10
    assert all(one["result"][0]["value"]["choices"][0] in LABELS for one in queue if one["result"])
    assert world.told("rollback")["version"] == trained
    bootstrap.versions.cache_clear()
    assert {one["model_version"] for one in predicted(world, "lovely")[1]} == {trained}


def test_where_texts_lie_at_addresses_it_is_tried_on_those(import_it, world, tmp_path):
    config = label_config().replace('value="$text"', 'value="$text" valueType="url"')
    updated = event(label_config=config, project_updated_at="2026-12-23T09:00:00.000000+00:00")
    Project(bootstrap.store(), world.key).add_event("9000", updated)
    world.fold()
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE))

    code, told = import_it(file)

    assert (code, told["served"], told["labels"]) == (0, True, 0)  # nothing can be fetched


def test_a_worse_model_is_not_served_and_the_command_fails(import_it, world, tmp_path):
    trained = Project(bootstrap.store(), world.key).active_version()
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE[::-1]))

    code, told = import_it(file)

    assert (code, told["served"]) == (1, False)
    assert "worse on 24 labels: accuracy 0% against" in told["error"]
    assert told["fix"].endswith("--force serves it all the same")
    assert Project(bootstrap.store(), world.key).active_version() == trained
    code, told = import_it(file, "--force")
    assert (code, told["served"]) == (0, True)


@pytest.fixture
def folder(tmp_path):
    """Write a transformer whose numbers are for LABELS, in that order; its config may name them."""

    def folder(*names):
        graph, tokenizer = transformer([WORDS[label].split() for label in LABELS], types=True)
        (tmp_path / "model.onnx").write_bytes(graph)
        (tmp_path / "tokenizer.json").write_bytes(tokenizer)
        config = {"id2label": {str(place): name for place, name in enumerate(names)}}
        (tmp_path / "config.json").write_text(json.dumps(config if names else {}))
        return tmp_path

    return folder


def remarks(told) -> list[str]:
    return [one["detail"] for one in told["steps"] if one["step"] == "labels"]


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["refused", "forced"])
def test_labels_in_another_order_are_told_with_the_right_one(import_it, folder, force):
    swapped = ",".join(LABELS[::-1])

    _, told = import_it(folder(), "--labels", swapped, *force)

    said = " ".join(remarks(told)) if force else told["fix"]
    assert told["served"] is bool(force)
    assert f"check the order of --labels: by {','.join(LABELS)} it would be right on 100%" in said


@pytest.mark.parametrize("names", [LABELS, [label.upper() for label in LABELS]])
def test_labels_that_the_file_names_too_are_taken_by_name(import_it, folder, names):
    code, told = import_it(folder(*names), "--labels", ",".join(LABELS[::-1]))

    assert (code, told["served"], told["accuracy"]) == (0, True, 1.0)
    assert remarks(told) == ["taken by their names, in the order of the file: Positive, Negative"]


def test_so_are_those_that_a_graph_names(import_it, tmp_path):
    (tmp_path / "reviews.onnx").write_bytes(text_pipeline(TEXTS, TRUE))

    _, told = import_it(tmp_path / "reviews.onnx", "--labels", ",".join(LABELS))

    assert told["accuracy"] == 1.0
    assert remarks(told) == ["taken by their names, in the order of the file: Negative, Positive"]


def test_labels_of_other_names_are_taken_by_place_and_shown(import_it, folder):
    code, told = import_it(folder("good", "bad"), "--labels", ",".join(LABELS))

    assert (code, told["accuracy"]) == (0, 1.0)
    assert remarks(told) == ["taken by their places: good is Positive, bad is Negative"]
    _, told = import_it(folder("LABEL_0", "LABEL_1"), "--labels", ",".join(LABELS))
    assert remarks(told) == []


def test_a_label_that_stands_where_the_file_has_another_is_refused(import_it, folder):
    code, told = import_it(folder("good", "Positive"), "--labels", ",".join(LABELS))

    assert code == 1
    assert "its class 1 is 'good', and the label there is 'Positive'" in told["error"]
    assert "good, Positive" in told["fix"]


@pytest.mark.parametrize(
    ("name", "body", "options", "says"),
    [
        ("none.onnx", None, (), "there is no"),
        ("empty.onnx", b"", (), "it is empty"),
        ("pickled.onnx", b"\x80\x04", (), "a pickle"),
        ("few.onnx", text_pipeline(TEXTS, TRUE), ("--labels", "Positive"), "two labels or more"),
        (
            "other.onnx",
            text_pipeline(TEXTS, ["good" if one == "Positive" else "bad" for one in TRUE]),
            (),
            "the label config offers no bad, good",
        ),
        ("sums.onnx", number_model([[0, 1], [1, 0]], ["Positive", "Negative"]), (), "2 numbers"),
        (
            "lacking.onnx",
            number_model([[0, 1], [1, 0]], ["Positive", "Negative"]),
            ("--columns", "age,income"),
            "no task of the project has what it reads: age, income",
        ),
        ("odd.onnx", text_pipeline(TEXTS, TRUE), ("--input", "text"), "expected NAME=ROLE"),
    ],
)
def test_what_can_not_be_served_is_refused_before_anything_is_uploaded(
    import_it, world, tmp_path, name, body, options, says
):
    before = {one.key for one in bootstrap.store().list("projects/")}
    if body is not None:
        (tmp_path / name).write_bytes(body)

    code, told = import_it(tmp_path / name, *options)

    assert code == 1
    assert says in told["error"]
    assert told["fix"]
    assert {one.key for one in bootstrap.store().list("projects/")} == before


def test_a_function_that_says_nothing_is_waited_for_and_the_model_taken_back(
    import_it, world, tmp_path, monkeypatch
):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE))

    code, told = import_it(file, "--wait", "4")

    assert code == 1
    assert "said nothing within 4 s; nothing is served" in told["error"]
    assert not list(bootstrap.store().list(f"projects/{world.key}/imports/"))


def test_people_read_what_is_done(import_it, tmp_path):
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE))

    code, output = import_it(file, json_wanted=False)

    assert code == 0
    for line in ("checked", "tried", "uploaded", "served", "takes it back"):
        assert line in output


def test_people_read_that_a_recipe_of_their_own_is_compared_with_it(
    import_it, tmp_path, monkeypatch
):
    points = {GROUP: (Point("mine", TextClassifier("mine", LogisticRegression)),)}
    file = tmp_path / "reviews.onnx"
    file.write_bytes(text_pipeline(TEXTS, TRUE))
    monkeypatch.setattr(metadata, "entry_points", lambda group: points.get(group, ()))
    recipes.forget_added()

    try:
        code, output = import_it(file, json_wanted=False)
    finally:
        monkeypatch.undo()
        recipes.forget_added()

    assert code == 0
    assert "the recipe 'mine' learns this project too" in " ".join(output.split())
    assert "uncompared" not in output
