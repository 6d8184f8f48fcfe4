"""Encoders from a hub: what is asked of it, what comes back, and what a network does to it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.cli import encoder_source
from tests.encoder_exports import exported, states
from tests.loopback_hub import LoopbackHub, serving

pytestmark = pytest.mark.usefixtures("at_once")
MODEL = "onnx/model.onnx"


@pytest.fixture
def hub():
    files = exported() | {
        "pytorch_model.bin": b"never fetched",
        "onnx/model_fp16.onnx": b"nor this",
    }
    with serving(LoopbackHub(files)) as made:
        yield made


@pytest.fixture
def downloads(tmp_path, monkeypatch) -> Path:
    folder: Path = tmp_path / "downloads"
    monkeypatch.setattr(encoder_source, "DOWNLOADS", folder)
    return folder


@pytest.fixture
def add(hub, downloads, run):
    def add(*options: str, name: str = "mine", exit_code: int = 0) -> dict[str, Any]:
        source = ["--from", "hub:org/tiny", "--hub", hub.url]
        return run("add", name, *source, *options, exit_code=exit_code)

    return add


def asked_of(hub, file: str) -> list[tuple[str, bool]]:
    return [(range_, token) for path, range_, token in hub.asked if path == f"/stored/{file}"]


def test_a_model_comes_from_the_hub_and_nothing_else_does(add, hub, bucket):
    told = add()

    assert EncoderFiles.of(bucket, "mine").name == told["name"]
    assert told["licence"] == "mit"
    fetched = {path.removeprefix("/stored/") for path, _, _ in hub.asked if "/stored/" in path}
    assert fetched <= exported().keys()
    assert len(asked_of(hub, MODEL)) == 1


def test_a_revision_may_be_named(hub, downloads, run):
    run("add", "mine", "--from", "hub:org/tiny@v1", "--hub", hub.url)

    assert "/api/models/org/tiny/revision/v1?blobs=true" in [path for path, _, _ in hub.asked]


def test_the_environment_names_the_hub_and_the_token(hub, downloads, run, monkeypatch):
    hub.token = "made-up"
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", "made-up")

    assert run("add", "mine", "--from", "hub:org/tiny")["stored"]


def test_the_token_stays_with_the_hub(add, hub):
    hub.token = "made-up"

    add("--token", "made-up")

    assert {token for _, token in asked_of(hub, MODEL)} == {False}


@pytest.mark.parametrize(("given", "says"), [("", "wants a token"), ("wrong", "refuses the token")])
def test_a_model_that_may_not_be_read_is_named_with_what_to_do(add, hub, bucket, given, says):
    hub.token = "made-up"

    refused = add("--token", given, exit_code=1)

    assert says in refused["error"]
    assert "HF_TOKEN" in refused["fix"]
    assert "wrong" not in refused["error"]


def test_a_connection_that_breaks_is_taken_up_where_it_broke(add, hub):
    hub.breaks, hub.breaks_after = 2, 100

    add()

    assert [range_ for range_, _ in asked_of(hub, MODEL)] == ["", "bytes=100-", "bytes=200-"]


def test_what_has_come_is_used_by_the_next_try(add, hub, downloads):
    hub.breaks, hub.breaks_after = 4, 50
    refused = add(exit_code=1)
    assert "it goes on where it stopped" in refused["fix"]

    add()

    assert asked_of(hub, MODEL)[-1] == ("bytes=200-", False)
    assert not list(downloads.iterdir())


def test_a_hub_that_knows_no_ranges_sends_all_again(add, hub):
    hub.breaks, hub.breaks_after, hub.knows_ranges = 1, 100, False

    assert add()["stored"]


@pytest.mark.parametrize("file", [MODEL, "tokenizer.json"])
def test_a_file_with_another_checksum_is_not_used(add, hub, bucket, downloads, file):
    body = hub.files[file]
    hub.sends[file] = body[:-1] + bytes([body[-1] ^ 1])

    refused = add(exit_code=1)

    assert file in refused["error"]
    assert list(bucket.list("encoders/")) == []
    assert not [path for path in downloads.rglob("*") if path.is_file()]


def test_more_bytes_than_listed_are_not_taken(add, hub, bucket):
    hub.sends[MODEL] = hub.files[MODEL] + b"more"

    assert "longer than" in add(exit_code=1)["error"]
    assert list(bucket.list("encoders/")) == []


def test_a_model_that_is_too_large_is_not_fetched(add, hub):
    hub.listed[MODEL] = {"lfs": {"sha256": "0" * 64, "size": 2_000_000_000}}
    hub.listed["onnx/model_fp16.onnx"] = hub.listed[MODEL]

    refused = add(exit_code=1)

    assert "2,000 MB" in refused["error"]
    assert not asked_of(hub, MODEL)


def test_a_model_that_is_not_there_is_said_to_be(run, hub, downloads):
    refused = run("add", "mine", "--from", "hub:org/other", "--hub", hub.url, exit_code=1)

    assert refused["error"] == "the hub has no org/other"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_in_trouble_is_named(add, hub, status):
    hub.status = status

    assert f"answered {status}" in add(exit_code=1)["error"]


@pytest.mark.parametrize("where", ["http://example.com/{}", "ftp://127.0.0.1/{}", "file:///etc/{}"])
def test_only_https_is_followed(add, hub, where):
    hub.goes_to = where

    assert "only https" in add(exit_code=1)["error"]


def test_redirects_in_a_circle_end(add, hub):
    hub.goes_to = f"{hub.url}/org/tiny/resolve/c0ffee/{{}}"

    assert "redirects" in add(exit_code=1)["error"]


@pytest.mark.parametrize("url", ["http://example.com", "ftp://example.com", "example.com"])
def test_a_hub_is_asked_by_https_alone(run, downloads, url):
    refused = run("add", "mine", "--from", "hub:org/tiny", "--hub", url, exit_code=1)

    assert "only https" in refused["error"]


def test_a_listing_that_is_none_is_said_to_be(add, hub, monkeypatch):
    monkeypatch.setattr(hub, "listing", lambda: {"siblings": [{"rfilename": "x"}]})

    assert "lists no files" in add(exit_code=1)["error"]


def test_a_file_that_came_whole_is_not_fetched_again(add, hub, downloads):
    body = hub.files[MODEL]
    downloads.mkdir()
    (downloads / hashlib.sha256(body).hexdigest()).write_bytes(body)

    add()

    assert not asked_of(hub, MODEL)


def test_nothing_listens(run, downloads):
    refused = run("add", "a", "--from", "hub:org/x", "--hub", "http://127.0.0.1:9", exit_code=1)

    assert "nothing listens at 127.0.0.1:9" in refused["error"]


def test_a_quantised_file_is_preferred_on_the_hub_too(add, hub):
    hub.files = {**hub.files, "onnx/model_quantized.onnx": states().SerializeToString()}

    assert add()["model"] == "onnx/model_quantized.onnx"
