import ctypes
import os
import time

import pytest

from labelloop.adapters.sandbox import SandboxLimits, run_sandboxed
from labelloop.errors import BadModel

FEW = SandboxLimits(megabytes=300, seconds=20)


def doubled(given):
    print("not an answer")
    return {"doubled": 2 * given["number"], "variables": sorted(os.environ)}


def refuses(_):
    raise BadModel("it is bad", "mend it")


def takes_memory(_):
    return {"bytes": len(bytearray(1 << 30))}


def never_ends(_):
    time.sleep(60)


def crashes(_):
    ctypes.string_at(0)


def writes(given):
    with open(given["path"], "w") as file:  # noqa: PTH123
        file.write("x" * 100)


@pytest.fixture(autouse=True)
def _importable(monkeypatch, tmp_path):
    """The process imports this file by its own name."""
    with open(__file__) as file:  # noqa: PTH123
        (tmp_path / "in_a_sandbox.py").write_text(file.read())
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_function_answers_without_our_variables(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    answer = run_sandboxed("in_a_sandbox:doubled", {"number": 21}, FEW)

    assert answer["doubled"] == 42
    assert "AWS_SECRET_ACCESS_KEY" not in answer["variables"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("refuses", "it is bad"),
        ("takes_memory", "more than the 300 MB"),
        ("crashes", "by the signal SIGSEGV"),
        ("writes", "ended the process"),
    ],
)
def test_what_goes_wrong_in_it_is_said_in_words(function, says, tmp_path):
    with pytest.raises(BadModel, match=says) as refused:
        run_sandboxed(f"in_a_sandbox:{function}", {"path": str(tmp_path / "file")}, FEW)

    assert refused.value.fix


def test_what_never_ends_is_ended():
    with pytest.raises(BadModel, match="did not end within 2 s"):
        run_sandboxed("in_a_sandbox:never_ends", {}, SandboxLimits(300, 2))
