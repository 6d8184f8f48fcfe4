"""Named numbers in texts, as tables show them."""

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.recipes.numbers.cells import CELLS, CellScale, cells_of, told_apart


def seen(*texts: str) -> Columns:
    return Columns(len(texts), {CELLS: cells_of(texts)})


def test_lines_with_a_number_are_cells_and_others_are_not():
    found = cells_of(
        [
            "age: 59\nbmi: -3.5\nname: Ada\nat: 12:30\nhex: 1e5",
            "I was 59: old",
            "",
            "age: 60\nage: 61",
        ]
    )

    assert np.diff(found.starts).tolist() == [2, 0, 0, 1]
    assert found.arrays["values"].tolist() == [59, -3.5, 61]
    assert found.arrays["ids"][0] == found.arrays["ids"][2]


def test_numbers_are_told_in_deviations_from_their_mean():
    features = seen("age: 10\nbmi: 5", "age: 30\nbmi: 5", "age: 20", "age: 20\nrare: 1")

    scale = CellScale.of(features)

    assert len(scale.ids) == 1  # bmi never changes, and one text alone has the other
    assert scale.rows(features)[:, 0] == pytest.approx([-1.414, 1.414, 0, 0], abs=1e-3)
    assert scale.rows(seen("age: 1000000", "no age"))[:, 0].tolist() == [4, 0]


def test_tasks_are_told_apart_by_numbers_only_where_most_have_some():
    assert told_apart(seen("a text", "another", "age: 7")) is None
    assert told_apart(Columns(2, {})) is None
    vectors = told_apart(seen("age: 10\nbmi: 2", "age: 30\nbmi: 1", "no table"))
    assert vectors is not None
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [1, 1, 0]


def test_no_text_has_no_cells():
    assert len(CellScale.of(seen()).ids) == 0
    assert told_apart(seen()) is None
