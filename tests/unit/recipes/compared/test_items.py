"""What models see of the texts of a task."""

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.recipes.compared.items import ITEM_VECTORS, Items, features, unit
from labelloop.recipes.text.bags import VECTORS
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tools import Toolbox
from tests.tiny_encoder import CountingEncoder

TASKS = [["a red car", "two cars"], ["one"], ["x", "", "three words here"]]
QUESTIONS = ["which car is red", "", "words"]
TOOLS = Toolbox(CountingEncoder.name, CountingEncoder)


def first(vectors, starts):
    return vectors[starts[:-1]]


def test_tasks_may_hold_different_numbers_of_texts():
    items = Items.of(features(TASKS, QUESTIONS, TOOLS, None, first))

    assert items.starts.tolist() == [0, 2, 3, 6]
    assert items.tasks.tolist() == [0, 0, 1, 2, 2, 2]
    texts = [text for task in TASKS for text in task]
    expected = bags_of(texts)
    np.testing.assert_array_equal(items.bags.starts, expected.starts)
    np.testing.assert_array_equal(items.bags.ids, expected.ids)
    np.testing.assert_array_equal(items.vectors, TOOLS.vectors(texts))


def test_rows_can_be_taken_in_any_order():
    columns = features(TASKS, QUESTIONS, TOOLS, None, first)

    turned = Items.of(columns.take([2, 0]))

    alone = Items.of(
        features([TASKS[2], TASKS[0]], [QUESTIONS[2], QUESTIONS[0]], TOOLS, None, first)
    )
    np.testing.assert_array_equal(turned.bags.ids, alone.bags.ids)
    np.testing.assert_array_equal(turned.traits, alone.traits)
    np.testing.assert_array_equal(turned.starts, alone.starts)


def test_a_text_that_shares_terms_with_the_question_is_told_from_others():
    items = Items.of(features(TASKS, QUESTIONS, TOOLS, None, first))

    shared, length, likeness = items.traits.T
    assert shared[0] > shared[1] > 0 == shared[2]
    assert length[5] == length.max(initial=0.0, where=items.tasks == 2)
    assert likeness[2] == 0  # without a question there is none
    assert likeness[0] != 0


def test_a_text_that_is_not_encoded_makes_its_task_unfinished():
    class Nothing(CountingEncoder):
        def encode(self, texts):
            vectors = super().encode(texts)
            vectors[[text == "two cars" for text in texts]] = np.nan
            return vectors

    def mean(vectors, starts):
        return np.add.reduceat(vectors, starts[:-1])

    seen = features(TASKS, QUESTIONS, Toolbox("n", Nothing), [ITEM_VECTORS, VECTORS], mean)

    assert seen.are_finite().tolist() == [False, True, True]


def test_columns_without_blocks_hold_no_items():
    assert len(Items.of(Columns(0, {}))) == 0
    assert len(Items.of(Columns(2, {})).tasks) == 0


@pytest.mark.parametrize("rows", [np.zeros((0, 2)), np.zeros((1, 2)), np.eye(2) * 7])
def test_unit_vectors_are_of_length_one_or_zero(rows):
    lengths = np.linalg.norm(unit(rows.astype(np.float32)), axis=1)

    np.testing.assert_allclose(lengths, np.linalg.norm(rows, axis=1) > 0, atol=1e-6)
