"""The demo from end to end, with a backend in memory instead of the local stack."""

import json
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import httpx
import pytest

from labelloop.local import demo, reuters
from labelloop.local.demo import Plan
from labelloop.local.emulator import ROOT, LocalStackFailed
from labelloop.local.reuters import DataSet, Document
from tests.unit.local.fake_backend import FakeBackend


def documents(count: int) -> list[Document]:
    return [
        Document(f"{('acq', 'earn')[n % 2]} number {n}", ("acq", "earn")[n % 2])
        for n in range(count)
    ]


@pytest.fixture
def fake() -> FakeBackend:
    return FakeBackend()


@pytest.fixture(autouse=True)
def _stack(fake, monkeypatch):
    @contextmanager
    def stack(**options):
        yield SimpleNamespace(url="http://fake", user="labelloop", password="example")

    data = DataSet(documents(8), documents(4))
    monkeypatch.setattr(demo, "local_stack", stack)
    monkeypatch.setattr(reuters, "load", lambda folder, pool, held_out: data)
    client = partial(httpx.Client, transport=httpx.MockTransport(fake))
    monkeypatch.setattr(demo, "httpx", SimpleNamespace(Client=client))


@pytest.fixture
def plan(tmp_path) -> Plan:
    return Plan((2, 2, 2), 0, ROOT / ".local" / "no-such-state", tmp_path / "demo")


def test_the_result_holds_both_curves(plan):
    code = demo.main(plan)

    result = json.loads((plan.results / "result.json").read_text())
    assert code == 0
    assert result.keys() == {"dataset", "active", "random", "seconds"}
    assert result["dataset"].keys() == {"name", "documents", "classes", "licence"}
    assert [point["labels"] for point in result["active"]] == [2, 4, 6]
    assert [point["accuracy"] for point in result["random"]] == [1, 1, 1]


def test_the_table_and_the_versions_are_shown(plan, capsys):
    demo.main(plan)

    shown = capsys.readouterr().out
    assert "labels saved" in shown
    assert "Versions trained and served: active 3, random 3." in shown


def test_too_few_versions_are_a_failure(plan):
    assert demo.main(replace(plan, rounds=(3, 3))) == 1


def test_a_stack_that_does_not_start_is_told_without_a_traceback(plan, monkeypatch, capsys):
    @contextmanager
    def broken(**options):
        raise LocalStackFailed("run make build")
        yield

    monkeypatch.setattr(demo, "local_stack", broken)

    assert demo.main(plan) == 1
    assert "The demo failed: run make build" in capsys.readouterr().out


def test_a_backend_that_fails_stops_both_projects(plan, fake, capsys):
    fake.webhook = lambda body: ["not an object"]

    assert demo.main(plan) == 1
    assert "/webhook did not answer with a JSON object" in capsys.readouterr().out


def test_ctrl_c_ends_with_the_code_shells_know(plan, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "label_side_by_side", interrupted)

    assert demo.main(plan) == 130
    assert "Stopped." in capsys.readouterr().out
