"""One choice of several about a text: `<Choices>` on `<Text>`."""

from typing import Final

NAME: Final = "text_choices"
FORMAT: Final = 2  # of artefacts and features; raise it when either changes its meaning
