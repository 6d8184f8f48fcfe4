"""Keep from people what Label Studio would show wrongly, or save as labels that nobody gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import LabelConfig, parse
from labelloop.labelstudio.result_check import problems
from labelloop.observability import count, logger

type Result = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """What results go through. `is_pushed`: Label Studio's import of predictions, or an answer."""

    label_config: str
    version: str
    is_pushed: bool = False

    def showable(self, results: Sequence[Result], data: Sequence[Any]) -> list[Result]:
        """Return the results, empty ones in place of those that would be shown wrongly.

        `data`: of their tasks; None where it is not known. The first result is a sample: if it is
        right, the others are taken to be; if it is wrong, all are checked.
        """
        sample = next((row for row, result in enumerate(results) if result), None)
        config = self._config()
        if sample is None or config is None:
            return list(results)
        why = problems(config, data[sample], results[sample], is_pushed=self.is_pushed)
        if not why:
            return list(results)
        logger().error("results rejected", extra={"version": self.version, "why": why[0]})
        count("ResultsRejected")
        return [
            [] if problems(config, of, one, is_pushed=self.is_pushed) else one
            for one, of in zip(results, data, strict=True)
        ]

    def _config(self) -> LabelConfig | None:
        try:
            return parse(self.label_config)
        except Unprocessable:
            return None
