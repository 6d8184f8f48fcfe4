"""Recipes of one's own behind a guard: whatever they do wrong is a BadRecipe that says what.

The loop calls them as it calls its own recipes. The guard looks at what they return, as the loop
could not say later where a wrong shape came from; it changes nothing of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from labelloop.errors import (
    BadModel,
    BadRecipe,
    Retryable,
    Unprocessable,
    Unreadable,
    words_of,
)
from labelloop.recipes.guard.limit import Late, within
from labelloop.recipes.guard.results import CHECKS

__all__ = ["Guard", "blamed", "within"]

# What a recipe, and what it makes, must have; anything else may be missing.
_PARTS: Final = {"read": "control", "fit": "fitted", "load": "model", "measure": "measure"}
_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "recipe": frozenset({"name", "format", "read", "why_not", "load"}),
    "control": frozenset(
        {
            *("recipe", "sees", "asks", "offered", "measure", "law", "is_pushable", "about"),
            *("input_of", "work", "features", "apart", "vectors", "label_of", "why_unusable"),
            *("parts", "missing", "fit", "load", "known", "shown", "results", "largest"),
        }
    ),
    "model": frozenset({"names", "encoder", "needs", "answer"}),
    "fitted": frozenset({"names", "encoder", "needs", "answer", "packed"}),
    "measure": frozenset(
        {
            *("title", "reading", "aligned", "alike", "labels", "hits", "fair", "log_scores"),
            *("expected", "gain", "disagreement", "doubts", "by_part"),
        }
    ),
}
# Called wherever a label config is; other calls have limits of their own.
_ANYWHERE: Final = {"read", "why_not", "takes_all"}
_READS_S: Final = 2.0  # milliseconds, in fact
# What they may raise, by the protocol: it says something of labels or of an artefact.
_MAY_RAISE: Final[Mapping[str, tuple[type[Exception], ...]]] = {
    "load": (BadModel, MemoryError),
    "fit": (Unprocessable,),
    "packed": (BadModel,),
    "of_export": (Unprocessable,),
}


class Guard:
    """A recipe, or a part of one, whose every attribute is looked at. `kind`: which part it is."""

    __slots__ = ("_kind", "_of", "_recipe")

    def __init__(self, of: Any, recipe: str, kind: str = "recipe") -> None:
        self._of, self._recipe, self._kind = of, recipe, kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with blamed(self._recipe, name, (AttributeError,)):
            value = getattr(self._of, name, _MISSING)
        if value is _MISSING:
            if name in _REQUIRED[self._kind]:
                raise BadRecipe(f"the recipe {self._recipe!r} has no {name}")
            raise AttributeError(name)
        if name in _PARTS or not callable(value):
            return self._part(name, value)
        return partial(self._call, name, value)

    def _part(self, name: str, value: Any) -> Any:
        if name == "measure":
            return Guard(value, self._recipe, "measure")
        if callable(value):
            return partial(self._call, name, value)
        return self._looked_at(name, value, ())

    def _call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        if name not in _ANYWHERE:
            return self._called(name, method, *args, **named)
        with within(_READS_S, f"{name} of the recipe {self._recipe!r}"):
            return self._called(name, method, *args, **named)

    def _called(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        try:
            with blamed(self._recipe, name, _MAY_RAISE.get(name, ())):
                result = method(*args, **named)
        except Late as late:
            late.what = late.what or f"{name} of the recipe {self._recipe!r}"
            raise
        if result is None and name in ("fit", "load"):
            raise BadRecipe(f"the recipe {self._recipe!r} gives no model in {name}")
        return self._looked_at(name, result, args)

    def _looked_at(self, name: str, result: Any, args: tuple[Any, ...]) -> Any:
        check = CHECKS.get((self._kind, name)) or CHECKS.get(("", name))
        if check is not None:
            with blamed(self._recipe, name):
                why = check(result, self._of, *args)
            if why:
                raise BadRecipe(f"the recipe {self._recipe!r} gives a wrong {name}: {why}")
        kind = _PARTS.get(name)
        return Guard(result, self._recipe, kind) if kind and result is not None else result

    def __eq__(self, other: object) -> bool:
        with blamed(self._recipe, "__eq__"):
            return isinstance(other, Guard) and bool(self._of == other._of)

    def __hash__(self) -> int:
        with blamed(self._recipe, "__hash__"):
            return hash(self._of)

    def __reduce__(self) -> tuple[Any, ...]:
        return Guard, (self._of, self._recipe, self._kind)


_MISSING: Final = object()


@contextmanager
def blamed(recipe: str, name: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what the block raises into a BadRecipe, but for what it may raise."""
    may_raise: tuple[type[Exception], ...] = (BadRecipe, Retryable, Unreadable, *but)
    try:
        yield
    except may_raise:
        raise
    except (Exception, SystemExit) as exc:
        raise BadRecipe(f"the recipe {recipe!r} fails in {name}: {words_of(exc)}") from exc
