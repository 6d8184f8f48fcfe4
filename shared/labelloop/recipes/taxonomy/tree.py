"""The tree that a `<Taxonomy>` offers, and the labels that annotations give by it.

A label is the list of the paths that were chosen, in the order of the config. A path is the list of
its choices from the top: `["Eukarya", "Human"]`. Its name joins them: `Eukarya / Human`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from labelloop.labelstudio.label_config import Tag

type Path = tuple[str, ...]
type Paths = list[list[str]]  # a label

MOST_SHOWN: Final = 10  # paths in one prediction
_WITHIN: Final = " / "


@dataclass(frozen=True, slots=True)
class Tree:
    """All choices of a taxonomy, each above those within it, in the order of the config.

    `paths`: aliases in place of values, as Label Studio saves them; `values`: the same, as people
    read them. `leaves_only`: whether a choice with others within it can't be chosen itself;
    `most`: how many paths may be chosen at once.
    """

    paths: tuple[Path, ...]
    values: tuple[Path, ...]
    leaves_only: bool = False
    most: int = MOST_SHOWN
    names: tuple[str, ...] = field(init=False)
    leaves: frozenset[Path] = field(init=False, compare=False, repr=False)
    _places: dict[Path, int] = field(init=False, compare=False, repr=False)
    _by_name: dict[str, Path] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        above = {path[:-1] for path in self.paths}
        places = {path: place for place, path in enumerate(self.paths)}
        for place, path in enumerate(self.values):  # imported annotations may have them
            places.setdefault(path, place)
        names = tuple(map(name_of, self.paths))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "leaves", frozenset(set(self.paths) - above))
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_by_name", dict(zip(names, self.paths, strict=True)))

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Self:
        """Return the tree of some paths, and of all above them."""
        every = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
        return cls(tuple(sorted(every)), tuple(sorted(every)))

    @property
    def choosable(self) -> tuple[Path, ...]:
        """The paths that may be chosen."""
        return tuple(path for path in self.paths if not self.leaves_only or path in self.leaves)

    def label_of(self, chosen: Any) -> Paths | None:
        """Return the label of the `taxonomy` of a result, None if it has no path that is offered.

        Paths that the label config does not offer (any more) are left out.
        """
        listed = chosen if isinstance(chosen, list) else []
        known = {path for one in listed if (path := self._path(one)) is not None}
        return self.sorted(known) if known else None

    def sorted(self, paths: Iterable[Path]) -> Paths:
        """Return the label of some paths; those that are not offered come last."""
        last = len(self.paths)
        return [
            list(path) for path in sorted(paths, key=lambda path: (self.place(path, last), path))
        ]

    def place(self, path: Path, otherwise: int = -1) -> int:
        """Return the place of a path in the config."""
        return self._places.get(path, otherwise)

    def path_of(self, name: str) -> Path:
        """Return the path of a name, also of one that is not offered any more."""
        return self._by_name.get(name) or tuple(name.split(_WITHIN))

    def _path(self, one: Any) -> Path | None:
        if not isinstance(one, list) or not all(isinstance(part, str) for part in one):
            return None
        place = self.place(tuple(one))
        path = self.paths[place] if place >= 0 else None
        return path if path in self.leaves or not self.leaves_only else None


def read_tree(control: Tag) -> Tree:
    """Return the tree of a `<Taxonomy>`. Of two choices with one name the first is offered."""
    fields = control.attributes
    by_name: dict[str, tuple[Path, Path]] = {}
    for saved, values in _choices(control, (), ()):
        by_name.setdefault(name_of(saved), (saved, values))
    usages = fields.get("maxusages", "").strip()
    most = int(usages) if usages.isdecimal() and int(usages) else MOST_SHOWN
    paths = tuple(saved for saved, _ in by_name.values())
    leaves_only = fields.get("leafsonly", "").strip().lower() == "true"
    return Tree(paths, tuple(v for _, v in by_name.values()), leaves_only, min(most, MOST_SHOWN))


def name_of(path: Sequence[str]) -> str:
    """Return the name of a path."""
    return _WITHIN.join(path)


def names_of(label: Paths) -> list[str]:
    """Return the names of the paths of a label."""
    return list(map(name_of, label))


def with_all_above(paths: Iterable[Sequence[str]]) -> dict[str, None]:
    """Return the names of paths and of all choices above them, each once, in their order."""
    depths = ((path, depth) for path in paths for depth in range(1, len(path) + 1))
    return dict.fromkeys(name_of(path[:depth]) for path, depth in depths)


def _choices(tag: Tag, saved: Path, values: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the paths of all choices below a tag, as they are saved and as they are read."""
    for child in tag.children:
        fields = child.attributes
        name, value = fields.get("alias") or fields.get("value"), fields.get("value")
        if child.kind != "choice" or not name:
            continue
        below = (*saved, name), (*values, value or name)
        yield below
        yield from _choices(child, *below)
