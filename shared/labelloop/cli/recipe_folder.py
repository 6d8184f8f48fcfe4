"""Where recipes of one's own are written."""

from pathlib import Path
from typing import Annotated, Final

import typer

_LAYER: Final = Path("layers/recipes")

To = Annotated[
    Path | None,
    typer.Option(
        "--to", help="the folder; default: layers/recipes in a checkout, else the current one"
    ),
]


def folder_or_default(to: Path | None) -> Path:
    """Return the folder that is named, else that of the layer, else the current one."""
    return to or (_LAYER if _LAYER.is_dir() else Path())
