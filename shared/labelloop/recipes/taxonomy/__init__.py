"""Paths through a tree of choices, about a text: `<Taxonomy>` on any object that shows text."""

from typing import Final

from labelloop.recipes import text

NAME: Final = "taxonomy"
FORMAT: Final = text.FORMAT
