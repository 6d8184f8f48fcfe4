"""Adding, listing and removing encoders of one's own."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from typer.testing import CliRunner

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.cli.app import app
from labelloop.domain.intake.folding import Dataset
from labelloop.recipes.tuned_to import digests_of
from tests import tiny_encoder
from tests.builders import PROJECT, card, label_config, task
from tests.encoder_exports import graph_of, states, written

pytestmark = pytest.mark.usefixtures("at_once")


def loaded(bucket, name: str) -> OnnxEncoder:
    return OnnxEncoder(EncoderFiles.of(bucket, name))


def test_an_export_is_read_checked_and_stored(run, export, bucket):
    told = run("add", "mine", "--from", str(export()))

    encoder = loaded(bucket, "mine")
    assert told["name"] == encoder.name
    assert told["stored"]
    assert (told["model"], told["languages"], told["licence"]) == (
        "onnx/model.onnx",
        ["en", "sl"],
        "mit",
    )
    assert (
        told["description"] | {"pooling": "mean", "max_tokens": 16, "dimensions": 8}
        == told["description"]
    )
    assert told["ms"] > 0
    expected = OnnxEncoder(EncoderFiles.held("tiny", tiny_encoder.files())).encode(["abc", "zzz"])
    assert encoder.encode(["abc", "zzz"]) == pytest.approx(expected, abs=1e-6)


def test_what_is_said_of_it_is_for_people_too(export, stack):
    ran = CliRunner().invoke(app, ["encoder", "add", "mine", "--from", str(export())])

    assert ran.exit_code == 0, ran.output
    for words in (
        "onnx/model.onnx: 0 MB, 8 dimensions; it mean of states, and reads 16 tokens",
        "query: 'query: '",
        "en, sl",
        "licence by its model card: mit",
        "ms a text on this machine",
        "labelloop options --project 38 --encoder mine",
    ):
        assert words in ran.output


def test_a_prefix_changes_vectors_and_the_name(run, export, bucket):
    plain = run("add", "plain", "--from", str(export()))
    told = run("add", "asked", "--from", str(export()), "--prefix", "query: ")

    found = loaded(bucket, "asked").encode(["abc"])
    assert found == pytest.approx(loaded(bucket, "plain").encode(["query: abc"]), abs=1e-6)
    assert plain["name"].rpartition("-")[2] != told["name"].rpartition("-")[2]
    assert loaded(bucket, "asked").encode([""]).any() == np.False_


def test_the_default_prompt_is_the_prefix(run, export):
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}

    told = run("add", "mine", "--from", str(export(config_sentence_transformers__json=prompts)))

    assert told["description"]["prefix"] == "query: "


def blended():
    """Return a graph whose states are a letter's own row, and the mean of the text's."""
    nodes = [
        helper.make_node("ReduceMean", ["x", "axis"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["x", "few"], ["own"]),
        helper.make_node("Add", ["own", "mean"], ["last_hidden_state"]),
    ]
    return states(*nodes, more={"axis": np.array([1]), "few": np.float32(0.2)}, opset=18)


def test_the_first_token_stands_for_a_text_where_the_files_say_so(run, export, bucket):
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}

    run("add", "first", "--from", str(export(blended(), **{"1_Pooling/config__json": pooling})))
    run("add", "all", "--from", str(export(blended())))

    first, other = loaded(bucket, "first").encode(["abc", "cba"])
    assert np.abs(first - other).max() > 0.01
    assert np.ptp(loaded(bucket, "all").encode(["abc", "cba"]), axis=0).max() < 1e-6


def test_a_graph_that_pools_is_taken_at_its_word(run, export, bucket):
    mean = helper.make_node("ReduceMean", ["states", "axis"], ["sentence_embedding"], keepdims=0)
    look = helper.make_node("Gather", ["table", "input_ids"], ["states"])
    outputs = {"states": ["n", "m", "d"], "sentence_embedding": ["n", "d"]}
    graph = graph_of([look, mean], outputs, more={"axis": np.array([1])}, opset=18)

    told = run("add", "whole", "--from", str(export(graph)))

    assert told["description"]["pooling"] == "pooled"
    assert told["description"]["output"] == "sentence_embedding"
    assert loaded(bucket, "whole").encode(["abc"]).any()


def test_quantised_exports_come_first_if_they_fit(run, export):
    files = {"onnx/model_quantized.onnx": states().SerializeToString()}
    files["onnx/model_fp16.onnx"] = b"never read"

    assert run("add", "a", "--from", str(export(**files)))["model"] == "onnx/model_quantized.onnx"
    named = run("add", "b", "--from", str(export(**files)), "--model", "onnx/model.onnx")
    assert named["model"] == "onnx/model.onnx"


def quantising():
    """Return a graph whose states depend on the largest number of the whole call."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["last_hidden_state"]),
    ]
    return states(*nodes)


def batch_bound():
    """Return one that depends on it without such an operator."""
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
        helper.make_node("Add", ["x", "most"], ["last_hidden_state"]),
    ]
    return states(*nodes)


@pytest.mark.parametrize("graph", [quantising, batch_bound])
def test_texts_are_encoded_one_by_one_where_they_would_change_each_other(
    run, export, bucket, graph
):
    told = run("add", "mine", "--from", str(export(graph())))

    encoder = loaded(bucket, "mine")
    texts = ["abc", "bca", "xyz", "zzz"]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert told["description"]["is_alone"]
    assert (encoder.encode(texts) == alone).all()


@pytest.fixture
def project(bucket) -> Project:
    """A project with a pool, and an active version beside an encoder."""
    made = Project(bucket, PROJECT)
    dataset = Dataset()
    dataset.label_config = label_config()
    made.add_dataset(made.dataset_pointer(), dataset)
    made.pool.add("0001", [task(id_) for id_ in range(1, 51)])
    return made


def test_the_cost_of_encoding_a_pool_is_told(run, export, project):
    told = run("add", "mine", "--from", str(export()), "--project", "38")

    assert told["pool"]["tasks"] == 50
    assert told["own_ms"] > 0
    assert 0 <= told["pool"]["usd"] < 0.01


def test_the_command_to_use_it_names_the_project_that_was_given(export, project):
    source = ["--from", str(export()), "--project", PROJECT]

    ran = CliRunner().invoke(app, ["encoder", "add", "mine", *source])

    assert f"labelloop options --project {PROJECT} --encoder mine" in ran.output


def used_by(project: Project, encoder: str) -> None:
    project.add_model(b"", card("1-aaaaaaaa", encoder=encoder))
    pointer = ActivePointer("1-aaaaaaaa", 1, encoder=encoder)
    project.switch(project.active(), pointer, {"why": "test"})


def test_one_in_use_is_neither_overwritten_nor_removed(run, export, bucket, project, aws):
    first = run("add", "mine", "--from", str(export()))
    used_by(project, first["name"])
    before = bucket.get("encoders/mine/model.onnx")

    refused = run("add", "mine", "--from", str(export(states())), exit_code=1)
    kept = run("remove", "mine", exit_code=1)

    assert "in use by project 38." in refused["error"]
    assert "in use by project 38." in kept["error"]
    assert bucket.get("encoders/mine/model.onnx") == before
    assert run("add", "mine", "--from", str(export()))["stored"] is False  # the same bytes
    assert run("list")["encoders"][0]["used_by"] == [f"project {PROJECT}"]


@pytest.mark.parametrize("beside", ["", "efficientnet-0+"], ids=["texts", "texts and images"])
def test_a_version_that_may_be_activated_again_uses_its_encoder(run, export, project, beside):
    used_by(project, beside + run("add", "mine", "--from", str(export()))["name"])
    assert "in use by project 38." in run("remove", "mine", exit_code=1)["error"]
    project.advance(project.active(), ActivePointer("2-bbbbbbbb", 2, encoder="minilm-0"))

    assert "version 1-aaaaaaaa of project" in run("remove", "mine", exit_code=1)["error"]


def test_one_that_only_idle_versions_need_is_removed_by_force(run, export, project, bucket):
    used_by(project, run("add", "mine", "--from", str(export()))["name"])
    assert "in use by project 38." in run("remove", "mine", "--force", exit_code=1)["error"]
    project.advance(project.active(), ActivePointer("2-bbbbbbbb", 2, encoder="minilm-0"))

    assert "--force" in run("remove", "mine", exit_code=1)["fix"]
    told = run("remove", "mine", "--force")

    assert told["versions"] == [f"version 1-aaaaaaaa of project {PROJECT}"]
    assert list(bucket.list("encoders/")) == []


@pytest.mark.parametrize("chosen", ["by the project", "by the stack"])
def test_one_that_is_chosen_is_not_removed_by_force(run, export, project, stack, chosen):
    run("add", "mine", "--from", str(export()))
    if chosen == "by the stack":
        stack.parameters = {"Encoder": "mine"}
    else:
        project.set_options(project.options(), replace(project.options().value, encoder="mine"))

    assert "in use by" in run("remove", "mine", "--force", exit_code=1)["error"]


def test_the_stack_uses_the_one_that_it_was_deployed_with(run, export, stack):
    run("add", "mine", "--from", str(export()))
    stack.parameters = {"Encoder": "mine"}

    assert "the stack's parameter Encoder" in run("remove", "mine", exit_code=1)["error"]


def test_one_that_nothing_uses_may_be_replaced_and_removed(run, export, bucket):
    first = run("add", "mine", "--from", str(export()))
    other = run("add", "mine", "--from", str(export(states())))
    assert other["name"] != first["name"]
    assert loaded(bucket, "mine").name == other["name"]

    assert run("remove", "mine")["files"] == 3
    assert list(bucket.list("encoders/")) == []
    assert "there is no encoder mine" in run("remove", "mine", exit_code=1)["error"]


def test_what_an_upload_left_that_was_cut_off_is_listed_and_finished(run, export, bucket):
    bucket.create("encoders/mine/model.onnx", b"half of it")
    assert run("list")["encoders"][0]["sees"] == "nothing: not whole"

    run("add", "mine", "--from", str(export()))

    assert loaded(bucket, "mine").dimensions == 8


@pytest.mark.parametrize("name", ["minilm", "none", "Mine", "../mine", "", "a" * 65, "a b"])
def test_a_name_that_can_not_be_one_is_refused(run, export, bucket, name):
    run("add", name, "--from", str(export()), exit_code=1)

    assert list(bucket.list("encoders/")) == []


def test_a_folder_of_ours_is_taken_as_it_is(run, tmp_path, bucket):
    for name, body in tiny_encoder.files(prefix="a").items():
        (tmp_path / name).write_bytes(body)

    told = run("add", "again", "--from", str(tmp_path))

    assert told["description"]["prefix"] == "a"
    stored = json.loads(bucket.get("encoders/again/encoder.json").body)
    assert stored["source"] == str(tmp_path)


def test_without_a_folder_the_error_says_so(run):
    assert (
        "there is no folder"
        in run("add", "a", "--from", str(Path("/nowhere")), exit_code=1)["error"]
    )


def tuned_folder(tmp_path: Path, texts: list[str], name: str = "tuned") -> Path:
    """A folder as `labelloop tune` writes it, of an encoder that was tuned to some texts."""
    body = json.dumps(digests_of(texts)).encode()
    changes = {"tuned_sha256": sha256(body).hexdigest()} if texts else {}
    files = tiny_encoder.files(None, pooling="pooled", **changes)
    return written(tmp_path / name, files | ({"tuned.json": body} if texts else {}))


def test_which_texts_it_was_tuned_to_comes_along(run, bucket, tmp_path):
    told = run("add", "mine", "--from", str(tuned_folder(tmp_path, ["a film", "dull"])))

    assert told["stored"]
    files = EncoderFiles.of(bucket, "mine")
    assert files.tuned_to() == frozenset(digests_of(["a film", "dull"]))
    assert files.name == told["name"]
    assert b"film" not in files.read("tuned.json")


def test_a_list_of_another_form_is_refused_before_anything_is_stored(run, bucket, tmp_path):
    folder = tuned_folder(tmp_path, ["a film"])
    (folder / "tuned.json").write_text('["a film"]')

    told = run("add", "mine", "--from", str(folder), exit_code=1)

    assert "tuned.json is not the one that encoder.json names" in told["error"]
    digest = sha256((folder / "tuned.json").read_bytes()).hexdigest()
    described = json.loads((folder / "encoder.json").read_bytes()) | {"tuned_sha256": digest}
    (folder / "encoder.json").write_text(json.dumps(described))
    told = run("add", "mine", "--from", str(folder), exit_code=1)
    assert "tuned.json is no list of digests, ascending" in told["error"]
    assert bucket.get("encoders/mine/encoder.json") is None


def test_the_list_is_added_to_an_encoder_in_use_and_never_lost(run, bucket, project, tmp_path):
    plain, told = tuned_folder(tmp_path, [], "plain"), tuned_folder(tmp_path, ["a film"])
    run("add", "mine", "--from", str(plain))
    used_by(project, EncoderFiles.of(bucket, "mine").name)

    assert run("add", "mine", "--from", str(told))["stored"]
    assert EncoderFiles.of(bucket, "mine").tuned_to() == frozenset(digests_of(["a film"]))
    assert not run("add", "mine", "--from", str(plain))["stored"]
    assert EncoderFiles.of(bucket, "mine").tuned_to() == frozenset(digests_of(["a film"]))
