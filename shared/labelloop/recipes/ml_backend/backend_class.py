"""The class that backends are made of: `label_studio_ml.model.LabelStudioMLBase`, of 2.x.

State is kept with the version: what `set` stores, and the files in `MODEL_DIR`.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlparse

from labelloop.recipes.ml_backend import current
from labelloop.recipes.ml_backend.interface import Kinds, LabelInterface, parse_config
from labelloop.recipes.ml_backend.response import ModelResponse, PredictionValue
from labelloop.recipes.ml_backend.studio import LabelStudio

__all__ = ["LabelStudioMLBase", "ModelResponse", "PredictionValue"]

_NO_FILES = "a task's files are not fetched here: what a model reads must be in the task's data"
_SCHEMES = ("s3:", "gs:", "azure-blob:")


class LabelStudioMLBase:
    """A backend: `setup`, `predict` and `fit` are its own."""

    INITIAL_MODEL_VERSION = "0.0.1"
    TRAIN_EVENTS: ClassVar[Sequence[str]] = (
        *("ANNOTATION_CREATED", "ANNOTATION_UPDATED"),
        *("ANNOTATION_DELETED", "START_TRAINING"),
    )

    def __init__(self, project_id: str | None = None, label_config: str | None = None) -> None:
        self.project_id = project_id or ""
        if label_config is not None:
            self.use_label_config(label_config)
        if not self.model_version:
            self.set("model_version", self.INITIAL_MODEL_VERSION)
        self.setup()

    def setup(self) -> None:
        """Prepare it; a subclass's own."""

    def predict(
        self, tasks: list[dict[str, Any]], context: dict[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Predict for tasks; a subclass's own."""
        raise NotImplementedError("the backend has no predict")

    def fit(self, event: str, data: dict[str, Any], **kwargs: Any) -> Any:
        """Learn from labels; a subclass's own."""

    def use_label_config(self, label_config: str) -> None:
        """Read a label config."""
        self.label_interface = LabelInterface(label_config)
        self.set("label_config", label_config)
        self.set("parsed_label_config", json.dumps(parse_config(label_config)))

    def get(self, key: str) -> Any:
        """Return what was stored, None if nothing was."""
        return current.backend().values.get(key)

    def set(self, key: str, value: str) -> None:
        """Store a text."""
        if not isinstance(value, str):
            raise ValueError("Value must be a string")
        current.backend().values[key] = value

    def has(self, key: str) -> bool:
        """Say whether something was stored."""
        return key in current.backend().values

    def set_extra_params(self, extra_params: str) -> None:
        """Store parameters."""
        self.set("extra_params", extra_params)

    @property
    def extra_params(self) -> Any:
        """The parameters that were stored: nothing sets them here."""
        return json.loads(self.get("extra_params") or "{}")

    @property
    def label_config(self) -> str:
        """The label config."""
        return str(self.get("label_config"))

    @property
    def parsed_label_config(self) -> dict[str, Any]:
        """The label config's controls."""
        parsed: dict[str, Any] = json.loads(self.get("parsed_label_config"))
        return parsed

    @property
    def model_version(self) -> str | None:
        """The version that the class gave itself; Labelloop's versions have names of their own."""
        version: str | None = self.get("model_version")
        return version

    def bump_model_version(self) -> str | None:
        """Return the version: Labelloop makes a new one of each training."""
        return self.model_version

    def get_first_tag_occurence(
        self,
        control_type: Kinds,
        object_type: Kinds,
        name_filter: Callable[[str], Any] | None = None,
        to_name_filter: Callable[[str], Any] | None = None,
    ) -> tuple[str, str, str]:
        """Return the first control of a kind about an object of a kind."""
        return self.label_interface.get_first_tag_occurence(
            control_type, object_type, name_filter, to_name_filter
        )

    def build_label_map(self, tag_name: str, names: Sequence[str]) -> dict[str, str]:
        """Return a model's names with what the label config calls them.

        By the label's `predicted_values`, else by its value in either case.
        """
        found: dict[str, str] = {}
        lower = {name.lower() for name in names}
        for value, tag in self.label_interface.get_control(tag_name).labels_attrs.items():
            predicted = str(tag.attr.get("predicted_values", "")).split(",")
            mapped = [one.strip() for one in predicted if one.strip() in names]
            if not mapped and value in names:
                mapped = [value]
            elif not mapped and value.lower() in lower:
                mapped = [value.lower()]
            found |= dict.fromkeys(mapped, value)
        return found

    def preload_task_data(self, task: Any, value: Any = None, read_file: bool = True) -> Any:
        """Return a value of a task's data as it is; RuntimeError for the address of a file."""
        if isinstance(value, dict):
            return {name: self.preload_task_data(task, one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.preload_task_data(task, one) for one in value]
        return get_local_path(value) if isinstance(value, str) and _is_address(value) else value

    def get_local_path(self, url: str, *args: Any, **kwargs: Any) -> str:
        """Raise RuntimeError: files are not fetched."""
        return get_local_path(url)

    def get_label_studio_access_token(self) -> None:
        """Return None: Label Studio is not asked."""

    def _get_label_studio_client(self) -> LabelStudio:
        return LabelStudio()


def get_local_path(url: str, *args: Any, **kwargs: Any) -> str:
    """Raise RuntimeError: files are not fetched."""
    raise RuntimeError(_NO_FILES)


def _is_address(text: str) -> bool:
    if text.startswith(("upload", "/upload", "/data/upload", *_SCHEMES)):
        return True
    try:
        parts = urlparse(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) or _is_file(text)


def _is_file(text: str) -> bool:
    return text.startswith("/") and len(text) < 1_000 and "\0" not in text and Path(text).exists()
