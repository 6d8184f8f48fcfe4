"""Packages that only some commands need, and how to install them."""

from importlib.util import find_spec
from typing import Final

from labelloop.errors import Rejected

_FIX: Final = "run `make cli`, which brings it, or pipx install './shared[cli,backtest]'"
ONNX: Final = ("numpy", "onnx", "onnxruntime", "tokenizers")
"""What runs models and encoders that people import."""
PILLOW: Final = "PIL"
"""What reads images, as Python names it."""


def demand_packages(*names: str) -> None:
    """Raise Rejected if one of these packages is not installed."""
    for name in names:
        if find_spec(name) is None:
            raise lacking(name)


def lacking(name: str | None) -> Rejected:
    """Return the error of a command whose package is not installed."""
    return Rejected(f"this command needs the package {name}", _FIX)
