"""What a backend's `predict` returns: `label_studio_ml.response`, without pydantic."""

from collections.abc import Iterator, Mapping
from typing import Any


class PredictionValue:
    """A prediction: a result, and how sure the model is of it. Other fields are left out."""

    def __init__(
        self, result: Any = None, score: Any = None, model_version: Any = None, **_: Any
    ) -> None:
        self.result, self.score, self.model_version = result, score, model_version

    def model_dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"model_version": self.model_version, "score": self.score, "result": self.result}

    dict = model_dump


class ModelResponse:
    """The predictions for a request's tasks."""

    def __init__(self, predictions: Any = (), model_version: str | None = None, **_: Any) -> None:
        self.predictions = [_read(one) for one in predictions]
        self.model_version = model_version

    def has_model_version(self) -> bool:
        """Say whether it names a version."""
        return bool(self.model_version)

    def set_version(self, version: str) -> None:
        """Name the version, here and in predictions without one."""
        self.model_version = version
        self.update_predictions_version()

    def update_predictions_version(self) -> None:
        """Name the version in predictions without one."""
        for one in self._each():
            one.model_version = one.model_version or self.model_version

    def model_dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        made = [
            [each.model_dump() for each in one] if isinstance(one, list) else one.model_dump()
            for one in self.predictions
        ]
        return {"model_version": self.model_version, "predictions": made}

    dict = model_dump

    def _each(self) -> Iterator[PredictionValue]:
        for one in self.predictions:
            yield from one if isinstance(one, list) else [one]


def _read(one: Any) -> Any:
    if isinstance(one, list):
        return [_read(each) for each in one]
    if isinstance(one, Mapping):
        return PredictionValue(**{str(name): value for name, value in one.items()})
    if isinstance(one, PredictionValue):
        return one
    raise TypeError(f"{type(one).__name__} is no prediction")
