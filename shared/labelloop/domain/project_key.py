"""The names of projects: `<id>.<created>`, as Label Studio gives them to ML backends."""

import re
from typing import Final

# An id and the second of a year since 2001, written in one way: no two keys are one project's.
PROJECT_PATTERN: Final = "[1-9][0-9]{0,17}[.][1-9][0-9]{9}"
_PROJECT: Final = re.compile(PROJECT_PATTERN)


def is_project_key(text: str) -> bool:
    """Say whether a text is a `<id>.<created>`."""
    return _PROJECT.fullmatch(text) is not None
