"""Spans of a text, each of a type: `Labels`, `HyperTextLabels` and `ParagraphLabels`."""

from typing import Final

NAME: Final = "spans"
FORMAT: Final = 2  # of artefacts and features; raise it when either changes its meaning
