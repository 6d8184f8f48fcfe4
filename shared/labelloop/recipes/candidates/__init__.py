"""Which of a task's own candidates: `<Ranker>` of a `<List>`, `<Choices value="$options">`."""

from typing import Final

NAME: Final = "candidates"
FORMAT: Final = 1  # of artefacts and features; raise it when either changes its meaning
