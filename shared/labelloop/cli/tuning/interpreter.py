"""The Python that tunes: that of a venv with torch, made once, or one that a person names."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from labelloop.errors import Rejected

CACHE: Final = Path.home() / ".cache" / "labelloop"
REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
ALONE: Final = "-I"  # without PYTHONPATH, which may name packages of another Python
_NEEDS: Final = "import safetensors, torch, transformers"
_OWN: Final = "make a venv with torch, transformers and safetensors, and name its Python: --python"
# A dead index is asked for each package, so pip's five patient tries of each would take an hour.
_PIP: Final = (ALONE, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
_IMPATIENT: Final = ("--retries", "1", "--timeout", "15", "--only-binary", ":all:")


def interpreter(named: str, tell: Callable[[str], None], base: str = sys.executable) -> str:
    """Return a Python that has torch: the one named, else that of a venv made once.

    `base`: the Python that makes it. Rejected if it can't be had.
    """
    if named:
        _demand_packages(named)
        return named
    key = sha256(REQUIREMENTS.read_bytes() + base.encode()).hexdigest()[:12]
    folder = CACHE / f"tune-{key}"
    python, is_whole = folder / "bin" / "python", folder / "whole"
    if not is_whole.is_file():
        tell(f"installing PyTorch into {folder}, once: 1 GB")
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier try that was interrupted
        _run([base, "-m", "venv", str(folder)], "no venv can be made")
        options = [*_PIP, *_IMPATIENT, "--requirement", str(REQUIREMENTS)]
        _run([str(python), *options], "PyTorch can't be installed")
        is_whole.touch()
    return str(python)


def _demand_packages(python: str) -> None:
    _run([python, ALONE, "-c", _NEEDS], f"{python} can't be used")


def _run(command: list[str], failure: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as exc:
        raise Rejected(f"{failure}: {exc.strerror}", _OWN) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        why = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        raise Rejected(f"{failure}: {why}", _OWN)
