"""Which of two texts: `<Pairwise>` between two objects that show text."""

from typing import Final

NAME: Final = "pairs"
FORMAT: Final = 1  # of artefacts and features; raise it when either changes its meaning
