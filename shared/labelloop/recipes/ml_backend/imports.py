"""What a backend's modules find when they import, and modules of its own for each version.

Backends keep models in globals of their module. Of two versions at work in one process each has
modules of its own, which are in `sys.modules` only while it is at work.
"""

import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from labelloop.recipes.ml_backend import backend_class, interface, old_names, response, studio

NO_NETWORK: Final = (
    "it reaches for the network, which a backend has not here: labelled tasks come from"
    " label_studio_sdk in `fit`, and models from its own folder"
)
_TOOLS: Final = "label_studio_sdk._extensions.label_studio_tools"
_TAGS: Final[Mapping[str, Any]] = {
    "control_tags": interface.ControlTag,
    "object_tags": interface.ObjectTag,
}
_here = threading.local()


@cache
def offered() -> Mapping[str, ModuleType]:
    """Return the modules that stand for Label Studio's packages, by name."""
    found = {
        "label_studio_ml": ModuleType("label_studio_ml"),
        "label_studio_ml.model": backend_class,
        "label_studio_ml.response": response,
        "label_studio_ml.utils": old_names,
        "label_studio_sdk": ModuleType("label_studio_sdk"),
        "label_studio_sdk.client": studio,
        "label_studio_sdk.label_interface": ModuleType("label_interface"),
        "label_studio_sdk.label_interface.interface": interface,
        "label_studio_sdk.label_interface.objects": response,
        f"{_TOOLS}.core.utils.io": ModuleType("io"),
        f"{_TOOLS}.core.label_config": ModuleType("label_config"),
    }
    for part in ("", ".label_studio_tools", ".label_studio_tools.core"):
        name = f"label_studio_sdk._extensions{part}"
        found[name] = ModuleType(name)
    found[f"{_TOOLS}.core.utils"] = ModuleType("utils")
    for name, base in _TAGS.items():
        found[f"label_studio_sdk.label_interface.{name}"] = _tags(name, base)
    _give(found["label_studio_sdk"], studio, "Client", "LabelStudio")
    _give(found["label_studio_sdk.label_interface"], interface, "LabelInterface")
    _give(found[f"{_TOOLS}.core.utils.io"], backend_class, "get_local_path")
    _give(found[f"{_TOOLS}.core.label_config"], interface, "parse_config")
    for name, module in found.items():
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(found[parent], own, module)
    return found


def _give(to: ModuleType, source: ModuleType, *names: str) -> None:
    for name in names:
        setattr(to, name, getattr(source, name))


def _tags(name: str, base: Any) -> ModuleType:
    """Return a module that has a class for any tag: `ChoicesTag`."""
    module = ModuleType(name)
    _give(module, interface, "LabelStudioTag", "ControlTag", "ObjectTag")

    def of(tag: str) -> Any:
        if not tag.endswith("Tag"):
            raise AttributeError(tag)
        return interface.kind_of(base, tag.removesuffix("Tag"))

    module.__dict__["__getattr__"] = of
    return module


class Modules:
    """The modules of a folder, as one version of a backend has loaded them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tops = {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
        self._loaded: dict[str, ModuleType] = {}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have them, and those of Label Studio's names, imported while the block runs."""
        hidden = {name: sys.modules[name] for name in self._names()}
        self._take_out()
        sys.modules.update({**offered(), **self._loaded})
        sys.path.insert(0, str(self._folder))
        try:
            yield
        finally:
            sys.path.remove(str(self._folder))
            kept = {name: sys.modules[name] for name in self._names()}
            self._loaded = {name: one for name, one in kept.items() if name not in offered()}
            self._take_out()
            sys.modules.update(hidden)

    def _names(self) -> list[str]:
        tops = self._tops | {"label_studio_ml", "label_studio_sdk"}
        return [name for name in sys.modules if name.partition(".")[0] in tops]

    def _take_out(self) -> None:
        for name in self._names():
            del sys.modules[name]


@contextmanager
def with_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Have variables set while the block runs: backends read their settings from there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def no_network() -> Iterator[None]:
    """Have what reaches for the network raise PermissionError while the block runs."""
    _watch()
    before, _here.is_closed = getattr(_here, "is_closed", False), True
    try:
        yield
    finally:
        _here.is_closed = before


@cache
def _watch() -> None:
    sys.addaudithook(_refuse)  # for good: there is no way to take one out


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or not getattr(_here, "is_closed", False):
        return
    is_name = event == "socket.getaddrinfo"
    is_call = event in ("socket.connect", "socket.sendto")
    if is_name or (is_call and args[0].family != socket.AF_UNIX):
        raise PermissionError(NO_NETWORK)
