"""The client of Label Studio that a backend gets: it answers out of the labels that are learnt.

`label_studio_sdk.Client`, of 1.x, and `LabelStudio`. Nothing goes over the network.
"""

from collections.abc import Sequence
from typing import Any

from labelloop.recipes.ml_backend import current

PROJECT = 1  # a backend learns one project at a time
_ELSE = "Label Studio is not asked from here"


class Row(dict[str, Any]):
    """A task, or a part of one, whose fields are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Project:
    """A project: its label config and its labelled tasks."""

    id = PROJECT
    title = "project"

    @property
    def label_config(self) -> str:
        """The label config."""
        return current.backend().label_config

    def get_labeled_tasks(self, *_: Any, **__: Any) -> list[Row]:
        """Return all labelled tasks, with one annotation each."""
        return labelled()

    get_tasks = export_tasks = get_labeled_tasks

    def get_labeled_tasks_ids(self) -> list[int]:
        """Return their ids."""
        return [task["id"] for task in labelled()]


class Exports:
    """`projects.exports`."""

    def as_json(self, *_: Any, **__: Any) -> list[Row]:
        """Return all labelled tasks."""
        return labelled()


class Projects:
    """`projects`."""

    exports = Exports()

    def get(self, *_: Any, **__: Any) -> Project:
        """Return the project."""
        return Project()


class Tasks:
    """`tasks`."""

    def list(self, *_: Any, **__: Any) -> list[Row]:
        """Return all labelled tasks."""
        return labelled()

    def get(self, id: Any, **_: Any) -> Row:
        """Return a labelled task."""
        for task in labelled():
            if str(task["id"]) == str(id):
                return task
        raise LookupError(f"there is no labelled task {id}")


class LabelStudio:
    """The client of label-studio-sdk 1.x and 2.x."""

    projects = Projects()
    tasks = Tasks()

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take an address and a key, which are not used."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: {_ELSE}")


class Client:
    """The client before that."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take an address and a key, which are not used."""

    def get_project(self, *_: Any, **__: Any) -> Project:
        """Return the project."""
        return Project()

    def check_connection(self) -> dict[str, str]:
        """Say that all is well."""
        return {"status": "UP"}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: {_ELSE}")


def labelled() -> list[Row]:
    """Return the tasks that are learnt; RuntimeError while nothing is learnt."""
    tasks = current.backend().labelled
    if tasks is None:
        raise RuntimeError(f"{_ELSE}: labelled tasks are there in `fit` alone")
    return [_row(task) for task in tasks]


def _row(value: Any) -> Any:
    if isinstance(value, dict):
        return Row({name: _row(one) for name, one in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_row(one) for one in value]
    return value
