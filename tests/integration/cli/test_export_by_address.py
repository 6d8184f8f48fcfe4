"""A model of texts at addresses: the lines of its README fetch them."""

import json
from pathlib import Path

from labelloop import bootstrap
from tests.integration.cli.test_export import (
    bucket,
    examples_of,
    learn,
    predicted,
    run,
)
from tests.kinds.numbers import EXAMPLE
from tests.texts_by_address import Files, by_address

__all__ = ["bucket", "learn"]  # fixtures


def stars(data: dict[str, str]) -> int:
    return int(EXAMPLE.answer(data)[0]["value"]["rating"])


def test_the_lines_fetch_what_is_at_an_address(learn, tmp_path):
    files = Files()
    example = by_address(EXAMPLE, files)
    learn(*examples_of(example), tools=files.toolbox())
    run("38", "model", "--to", str(tmp_path))
    package = str(Path(bootstrap.__file__).parents[1])

    said = []
    for data in (min(EXAMPLE.tasks, key=stars), max(EXAMPLE.tasks, key=stars)):
        file = tmp_path / "text.txt"
        file.write_text(data["text"])
        (region,) = predicted(
            tmp_path, json.dumps(data | {"text": file.as_uri()}), PYTHONPATH=package
        )
        said.append(region["value"]["rating"])

    assert said[0] + 1 < said[1]
