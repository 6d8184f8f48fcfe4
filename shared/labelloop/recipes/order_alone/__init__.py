"""The order of tasks alone: any config that shows a text, whatever people answer about it."""

from typing import Final

NAME: Final = "order_alone"
FORMAT: Final = 1  # of features; raise it when they change their meaning
NEVER: Final = "nothing is predicted for this kind: tasks are ordered typical and diverse first"
