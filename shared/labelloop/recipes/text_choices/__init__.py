"""One choice of several about a text: `<Choices>` on `<Text>`."""

from typing import Final

from labelloop.recipes import text

NAME: Final = "text_choices"
FORMAT: Final = text.FORMAT
