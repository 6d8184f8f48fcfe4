"""The venv with torch is made once, and made anew if it is not whole."""

from pathlib import Path

import pytest

from labelloop.cli.tuning import interpreter as module
from labelloop.cli.tuning.interpreter import interpreter
from labelloop.errors import Rejected


@pytest.fixture
def wanted(tmp_path, monkeypatch):
    """The requirements: none yet, so that pip has nothing to fetch."""
    path: Path = tmp_path / "requirements.txt"
    path.touch()
    monkeypatch.setattr(module, "REQUIREMENTS", path)
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    return path


def test_a_venv_is_made_once_and_anew_if_it_is_not_whole(wanted, tmp_path):
    told: list[str] = []

    first = interpreter("", told.append)
    again = interpreter("", told.append)
    (folder,) = (tmp_path / "cache").iterdir()
    (folder / "whole").unlink()  # as an interruption leaves it
    Path(first).unlink()
    anew = interpreter("", told.append)

    assert first == again == anew
    assert Path(first).is_file()
    assert len(told) == 2


def test_where_pip_fails_its_reason_is_told(wanted, tmp_path):
    wanted.write_text("./nowhere")

    with pytest.raises(Rejected, match=r"PyTorch can't be installed: .*nowhere") as refused:
        interpreter("", lambda line: None)

    assert "--python" in refused.value.fix
    (half,) = (tmp_path / "cache").iterdir()
    assert not (half / "whole").exists()


@pytest.mark.parametrize("named", ["nowhere/python", "/bin/false"])
def test_a_python_that_does_not_run_is_refused(named):
    with pytest.raises(Rejected, match=f"{named} can't be used"):
        interpreter(named, lambda line: None)
