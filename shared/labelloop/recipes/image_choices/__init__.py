"""One choice of several about an image: `<Choices>` on `<Image>`."""

from typing import Final

NAME: Final = "image_choices"
FORMAT: Final = 1  # of artefacts and features; raise it when either changes its meaning
