"""The choices that a `<Choices>` offers, and what the results of annotations say by them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from labelloop.labelstudio.label_config import Tag

type Path = tuple[str, ...]

_WITHIN: Final = " / "  # between the parts of a nested choice's label


@dataclass(frozen=True, slots=True)
class Offered:
    """The labels of a control in its order. With `allowNested` a choice is a path of choices.

    `paths`: each label's path, aliases in place of values; `known`: the label of each path that a
    result may give. Label Studio saves aliases, but whoever imports labels may write the values.
    """

    labels: tuple[str, ...]
    paths: tuple[Path, ...]
    is_nested: bool = False
    known: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, labels: Iterable[str]) -> Self:
        """Return flat choices without aliases."""
        return cls.read([((label,), (label,)) for label in labels], is_nested=False)

    @classmethod
    def read(cls, choices: Sequence[tuple[Path, Path]], *, is_nested: bool) -> Self:
        """Return what is offered: of each choice its path as it is saved, and its path of values.

        Where two choices would be named alike the one that is saved so counts, then the first.
        """
        paths = tuple(dict.fromkeys(saved for saved, _ in choices))
        known = {path: _WITHIN.join(path) for path in paths}
        for saved, values in choices:
            known.setdefault(values, known[saved])
        leaves = Counter(path[-1:] for path in paths)
        for path in paths:
            if leaves[path[-1:]] == 1:
                known.setdefault(path[-1:], known[path])
        return cls(tuple(known[path] for path in paths), paths, is_nested, known)

    def label_of(self, choices: Any) -> str | None:
        """Return the label that the `choices` of a result give, None if they give none of ours."""
        given = choices if isinstance(choices, list) else [choices]
        paths = [path for one in given if (path := self._path(one))]
        if self.is_nested:
            paths = _deepest(paths)
        return self.known.get(paths[0]) if paths else None

    def value_of(self, label: str) -> list[Any]:
        """Return the `choices` that show a label: a nested one with all that lies below it."""
        path = self.paths[self.labels.index(label)] if label in self.labels else (label,)
        if not self.is_nested:
            return [path[0]]
        return [list(one) for one in self.paths if one[: len(path)] == path] or [list(path)]

    def _path(self, one: Any) -> Path | None:
        if isinstance(one, str):
            return (one,)
        is_path = isinstance(one, list) and all(isinstance(part, str) for part in one)
        return tuple(one) if is_path and self.is_nested else None


def read_offered(control: Tag) -> Offered:
    """Return what a `<Choices>` offers."""
    is_nested = control.attributes.get("allownested") == "true"
    return Offered.read(list(_choices(control, (), (), is_nested)), is_nested=is_nested)


def _choices(tag: Tag, saved: Path, values: Path, is_nested: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the paths of choices below a tag; those below a choice are offered only if nested."""
    for child in tag.children:
        if child.kind != "choice":
            yield from _choices(child, saved, values, is_nested)
            continue
        fields = child.attributes
        name, value = fields.get("alias") or fields.get("value"), fields.get("value")
        if not name:
            continue
        below = (*saved, name), (*values, value or name)
        yield below
        if is_nested:
            yield from _choices(child, *below, is_nested)


def _deepest(paths: list[Path]) -> list[Path]:
    """Return the paths that no other one goes on from.

    A choice that has several below it is ticked with all of these: then it is the one meant.
    """
    leaves = [one for one in paths if not any(_is_within(other, one) for other in paths)]
    if len(leaves) < 2:
        return leaves
    common = [one for one in paths if all(_is_within(leaf, one) for leaf in leaves)]
    return sorted(common, key=len)[-1:] or leaves


def _is_within(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above
