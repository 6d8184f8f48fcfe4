"""Why a backend can't run in a function: what it imports, how large that is, what it asks for."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.metadata import packages_distributions as packages
from importlib.util import find_spec
from pathlib import Path
from sys import stdlib_module_names
from typing import Final

from labelloop.recipes.ml_backend.imports import offered

ROOM_MB: Final = 7  # that the function that trains leaves of Lambda's 250 MB
_CONTAINER_MB: Final = 9_000  # of the 10 GB of an image
_MEGABYTE: Final = 1_000_000
_WAY: Final = "container functions hold it (`make containers`, RUNBOOK.md)"
# About how large those are that are hardly installed where a backend is moved, in MB.
_KNOWN_MB: Final = {"torch": 2_000, "tensorflow": 1_800, "paddle": 1_500, "mxnet": 1_000}
_JOBS: Final = {"rq", "redis", "celery"}
_IN_ALL: Final = {"numpy", "onnxruntime", "defusedxml"}  # of what functions have by themselves
_LABEL_STUDIO: Final = ("label_studio_ml", "label_studio_sdk")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Read:
    """What the files of a folder import, as `package.module` and names, and their texts.

    `tried`: those of the imports that may fail, in a `try`.
    """

    imports: frozenset[tuple[str, str]]
    tried: frozenset[tuple[str, str]]
    texts: frozenset[str]

    def tops(self) -> set[str]:
        """Return the packages that are imported, without Python's own and Label Studio's."""
        return _tops(self.imports)

    def needed(self) -> frozenset[tuple[str, str]]:
        """Return the imports that must not fail."""
        return self.imports - self.tried


def _tops(imports: Collection[tuple[str, str]]) -> set[str]:
    tops = {module.partition(".")[0] for module, _ in imports}
    return tops - set(stdlib_module_names) - set(_LABEL_STUDIO)


def why_unfit(folder: Path, in_containers: bool) -> list[str]:
    """Return the reasons, empty if the backend in a folder can run."""
    read = read_folder(folder)
    own = {path.stem for path in folder.iterdir()}
    tops = read.tops() - own
    return [
        *_not_offered(read),
        *_not_installed(sorted(_tops(read.needed()) - own - set(_KNOWN_MB))),
        *_too_large(sorted(tops - _IN_ALL), _CONTAINER_MB if in_containers else ROOM_MB),
        *(f"it imports {top}: jobs in the background end with the call" for top in tops & _JOBS),
        *_gpu(read),
    ]


def read_folder(folder: Path) -> Read:
    """Return what the Python files of a folder import and say."""
    trees = [ast.parse(path.read_text()) for path in sorted(folder.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = {one.value for one in nodes if isinstance(one, ast.Constant)}
    tries = [one for node in nodes if isinstance(node, ast.Try) for one in node.body]
    return Read(
        _every_import(nodes),
        _every_import([node for one in tries for node in ast.walk(one)]),
        frozenset(one for one in texts if isinstance(one, str)),
    )


def _every_import(nodes: Sequence[ast.AST]) -> frozenset[tuple[str, str]]:
    return frozenset(one for node in nodes for one in _imports(node))


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((one.name, "") for one in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((node.module, one.name) for one in node.names)


def _not_offered(read: Read) -> Iterator[str]:
    for module, name in sorted(read.needed()):
        if module.partition(".")[0] not in _LABEL_STUDIO:
            continue
        found = offered().get(module)
        if found is None:
            yield f"it imports {module}, which is not offered here"
        elif name and not hasattr(found, name) and f"{module}.{name}" not in offered():
            yield f"it imports {name} of {module}, which is not offered here"


def _not_installed(tops: Sequence[str]) -> Iterator[str]:
    missing = [top for top in tops if find_spec(top) is None]
    if missing:
        yield f"it imports {', '.join(missing)}, which must be installed here to be checked"


def _too_large(tops: Sequence[str], room: int) -> Iterator[str]:
    known = {top: _KNOWN_MB[top] for top in tops if top in _KNOWN_MB}
    sizes = {**_sizes([top for top in tops if top not in known]), **known}
    total = sum(sizes.values())
    if total > room:
        largest = sorted(sizes, key=lambda one: -sizes[one])[:3]
        named = ", ".join(f"{one} {sizes[one]:,.0f}" for one in largest)
        way = "" if room == _CONTAINER_MB else f"; {_WAY}"
        yield f"its packages take {total:,.0f} MB ({named}), and there is room for {room:,}{way}"


def _sizes(tops: Sequence[str]) -> dict[str, float]:
    """Return the size of what is installed for some packages, with all that they need, in MB."""
    by_module, todo, sizes = packages(), [], dict[str, float]()
    for top in tops:
        todo += by_module.get(top, [])
    while todo:
        name = _plain(todo.pop())
        if name in sizes or name in _IN_ALL or name in map(_plain, _LABEL_STUDIO):
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        sizes[name] = _size(found)
        todo += [_NAME.match(one).group() for one in found.requires or () if "extra ==" not in one]  # type: ignore[union-attr]
    return sizes


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _size(found: Distribution) -> float:
    paths = [Path(str(file.locate())) for file in found.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file()) / _MEGABYTE


def _gpu(read: Read) -> Iterator[str]:
    asks = any(text.startswith("cuda") for text in read.texts)
    if asks and not any(text.startswith("cpu") for text in read.texts):
        yield "it asks for a GPU (cuda), and no processor instead: functions have none"
