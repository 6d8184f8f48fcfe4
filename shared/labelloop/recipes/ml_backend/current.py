"""Which backend is at work: what its class imports asks here for its state."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelloop.recipes.ml_backend.running import Backend

_at_work: "list[Backend]" = []


def backend() -> "Backend":
    """Return the backend that is at work; RuntimeError if none is."""
    if not _at_work:
        raise RuntimeError("a backend is at work in its own methods alone, and in no thread after")
    return _at_work[-1]


def begin(one: "Backend") -> None:
    """Say that a backend is at work until `end`."""
    _at_work.append(one)


def end() -> None:
    """Say that it is not any more."""
    _at_work.pop()
