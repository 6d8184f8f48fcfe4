"""The choices that a `<Choices>` offers, and the labels that annotations give by them."""

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

    `paths`: each label's path, aliases in place of values; `by_path`: the label of each path that a
    result may have. Label Studio saves aliases, but imported labels may have the values.
    """

    labels: tuple[str, ...]
    paths: tuple[Path, ...]
    is_nested: bool = False
    by_path: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, labels: Iterable[str]) -> Self:
        """Return flat choices without aliases."""
        return cls.read([((label,), (label,)) for label in labels], is_nested=False)

    @classmethod
    def read(cls, choices: Sequence[tuple[Path, Path]], *, is_nested: bool) -> Self:
        """Return what is offered, by each choice's path as it is saved, and its path of values.

        If a path can mean two choices, it means the one that is saved by it, else the first.
        """
        paths = tuple(dict.fromkeys(saved for saved, _ in choices))
        by_path = {path: _WITHIN.join(path) for path in paths}
        for saved, values in choices:
            by_path.setdefault(values, by_path[saved])
        leaves = Counter(path[-1:] for path in paths)
        for path in paths:
            if leaves[path[-1:]] == 1:
                by_path.setdefault(path[-1:], by_path[path])
        return cls(tuple(by_path[path] for path in paths), paths, is_nested, by_path)

    def label_of(self, choices: Any) -> str | None:
        """Return the label that the `choices` of a result give, None if they give none offered."""
        listed = choices if isinstance(choices, list) else [choices]
        paths = [path for choice in listed if (path := self._path(choice))]
        if self.is_nested:
            paths = _deepest(paths)
        return self.by_path.get(paths[0]) if paths else None

    def value_of(self, label: str) -> list[Any]:
        """Return the `choices` that show a label: a nested one with all those below it."""
        path = self.paths[self.labels.index(label)] if label in self.labels else (label,)
        if not self.is_nested:
            return [path[0]]
        within = [list(below) for below in self.paths if below[: len(path)] == path]
        return within or [list(path)]

    def _path(self, choice: Any) -> Path | None:
        if isinstance(choice, str):
            return (choice,)
        is_path = isinstance(choice, list) and all(isinstance(part, str) for part in choice)
        return tuple(choice) if is_path and self.is_nested else None


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
    """Return the paths with no other one below them.

    If a choice is ticked, all below it are, too: if there are several, it is the one meant.
    """
    leaves = [path for path in paths if not any(_is_within(other, path) for other in paths)]
    if len(leaves) < 2:
        return leaves
    common = [path for path in paths if all(_is_within(leaf, path) for leaf in leaves)]
    return sorted(common, key=len)[-1:] or leaves


def _is_within(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above
