"""A recipe of one's own, out of one file, a package or an importable module.

As in a layer, where its folder is on the path: a module that offers `RECIPE`.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from labelloop.errors import Rejected

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Recipe

ATTRIBUTE: Final = "RECIPE"
_FIX: Final = "`labelloop recipe new` writes one to start from"


def load_recipe(source: str) -> "Recipe":
    """Return the recipe that a file, a folder or a module offers; Rejected if there is none.

    The folder it lies in is put on the path. Whatever the module raises goes through.
    """
    module = import_module(_module_of(source))
    recipe = getattr(module, ATTRIBUTE, None)
    if recipe is None:
        raise Rejected(f"{source} offers no {ATTRIBUTE}", _FIX)
    return cast("Recipe", recipe)


def _module_of(source: str) -> str:
    path = Path(source)
    is_file = path.suffix == ".py" or path.is_dir() or len(path.parts) > 1
    if not is_file:
        return source
    demand_there(path)
    folder, name = path.resolve().parent, path.stem
    if path.name == "__init__.py":
        folder, name = folder.parent, folder.name
    check_name(name, folder)
    sys.path.insert(0, str(folder))
    return name


def demand_there(path: Path) -> None:
    """Raise Rejected for a file or folder that does not exist."""
    if not path.exists():
        raise Rejected(f"there is no {path}", _FIX)


def check_name(name: str, folder: Path) -> None:
    """Raise Rejected for a module that can't be imported, or that stands for another one."""
    if not (name.isidentifier() and name.islower() and name.isascii()):
        message = f"{name!r} is no name of a recipe: lower-case letters, digits and underscores"
        raise Rejected(message, f"rename it, such as {as_name(name)}")
    found = find_spec(name)
    is_other = found and found.origin and not Path(found.origin).is_relative_to(folder)
    if is_other or (found and found.origin is None and name in sys.builtin_module_names):
        raise Rejected(
            f"{name!r} is the name of another module, which would be hidden", "rename it"
        )


def as_name(text: str) -> str:
    """Return a text as the name of a module."""
    name = "".join(
        letter if letter.isalnum() else "_" for letter in text.lower() if letter.isascii()
    )
    return name if name[:1].isalpha() else f"my_{name}"
