"""Controls about texts and controls about images of one page, each learnt by its own recipe."""

from typing import Final

NAME: Final = "texts_and_images"
