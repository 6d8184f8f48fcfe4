"""A module beside a backend's, as backends of several files have them."""

import re


def of(pattern, text):
    return [match.span() for match in re.finditer(pattern, text)]
