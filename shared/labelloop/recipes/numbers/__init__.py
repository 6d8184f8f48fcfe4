"""A number about a text: `<Rating>` and `<Number>` on any object that shows text."""

from typing import Final

NAME: Final = "numbers"
FORMAT: Final = 1  # of artefacts and features; raise it when either changes its meaning
