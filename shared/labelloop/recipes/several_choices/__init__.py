"""Several choices at once about a text: `<Choices choice="multiple">` on `<Text>` and its like."""

from typing import Final

NAME: Final = "several_choices"
FORMAT: Final = 1  # of artefacts and features; raise it when either changes its meaning
