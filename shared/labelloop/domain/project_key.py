"""Project keys: `<id>.<created>`, as Label Studio names projects to ML backends."""

import re
from typing import Final

# An id, and a second since 2001, written in one way: a project has one key.
PROJECT_PATTERN: Final = "[1-9][0-9]{0,17}[.][1-9][0-9]{9}"
_PROJECT: Final = re.compile(PROJECT_PATTERN)


def is_project_key(text: str) -> bool:
    """Say whether a text is a project key."""
    return _PROJECT.fullmatch(text) is not None
