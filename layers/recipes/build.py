"""Put the recipes of this folder into a layer, as a package whose entry points name them.

    python build.py . <folder>

A recipe is a module, or a package, that offers `RECIPE`. Tests (`test_*`) and this file stay here.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_OFFERS = re.compile(r"^RECIPE\b", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_METADATA = "Metadata-Version: 2.1\nName: labelloop-own-recipes\nVersion: 1\n"


def build(folder: Path, target: Path) -> list[str]:
    """Copy all modules and packages; return the names of those that offer a recipe."""
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for path, source in modules_of(folder):
        if not _NAME.fullmatch(path.stem):
            sys.exit(f"{path.name}: lower-case letters, digits and underscores alone, please")
        if path.stem in sys.stdlib_module_names or (target / path.name).exists():
            sys.exit(f"{path.name} would hide another module of that name: rename it")
        if path.is_dir():
            shutil.copytree(path, target / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, target)
        names += [path.stem] if _OFFERS.search(source) else []
    metadata = target / "labelloop_own_recipes-1.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(_METADATA)
    points = "".join(f"{name} = {name}:RECIPE\n" for name in names)
    (metadata / "entry_points.txt").write_text(f"[labelloop.recipes]\n{points}" if names else "")
    return names


def modules_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the modules and packages of a folder, and their own source."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.name != "build.py" and not path.name.startswith("test_"):
            yield path, path.read_text()
        elif (path / "__init__.py").is_file():
            yield path, (path / "__init__.py").read_text()


if __name__ == "__main__":
    built = build(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"recipes of your own: {', '.join(built) or 'none'}\n")
