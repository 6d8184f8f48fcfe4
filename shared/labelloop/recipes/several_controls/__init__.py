"""Several controls of one config, each learnt by its own recipe, in one version."""

from typing import Final

NAME: Final = "several_controls"
