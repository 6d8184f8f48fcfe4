"""What parts of a pool bring to the queue."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.features import DAMAGED
from labelloop.domain.columns import Columns
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.shortlist import Shortlist, merged, worth_a_place
from labelloop.recipes import control_of
from labelloop.recipes.text.probabilities import answers_of, margin, probabilities_of
from labelloop.recipes.text_choices.measure import MEASURE
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.ordering.order import queue_of
from tests.builders import label_config

CONTROL = control_of(label_config())
NOTHING = Columns(0, {})
KEY = "38.1"
SIZES = (5_000, 3_000, 400)


def part_of(first: int, size: int) -> Shortlist:
    """Return tasks with margins of all sizes, as many of each."""
    rng = np.random.default_rng(first)
    sure = rng.permutation(size) / size
    shares = np.stack([0.5 + sure / 2, 0.5 - sure / 2], axis=1)
    features = Columns(size, {"vectors": rng.standard_normal((size, 8)).astype(np.float32)})
    answers = answers_of(shares, CONTROL.offered)
    return Shortlist(np.arange(first, first + size), features, answers)


def brought_by(part: Shortlist, size: int, parts: int) -> Shortlist:
    return worth_a_place(part, part.reading(MEASURE), size, parts, KEY)


def margins_of(found: Shortlist) -> np.ndarray:
    assert found.answers is not None
    return margin(probabilities_of(found.answers))


def queue(found: Shortlist, strategy: str, size: int) -> list[int]:
    return [row for row, _ in queue_of(found, NOTHING, CONTROL, strategy, size, KEY)]


@pytest.fixture
def found() -> Shortlist:
    """Return what three parts of a pool bring to a queue of 100."""
    firsts = np.cumsum((1, *SIZES[:-1])).tolist()
    parts = [part_of(*part) for part in zip(firsts, SIZES, strict=True)]
    return merged([brought_by(part, 100, len(parts)) for part in parts])


def test_each_part_is_in_the_sample_in_proportion_to_its_size(found):
    sampled = found.tasks[found.is_sampled(KEY) & ~are_random(found.tasks, KEY)]

    counts = np.histogram(sampled, [0, 5_001, 8_001, 8_401])[0]

    shares = counts / SIZES
    assert shares.max() < 1.2 * shares.min()
    assert counts.sum() > 2_500


def test_the_sample_is_fair(found):
    is_sampled = found.is_sampled(KEY) & ~are_random(found.tasks, KEY)

    assert margins_of(found)[is_sampled].mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("strategy", ["random", "typical", "core_set"])
def test_who_does_not_look_at_margins_is_not_served_the_unsure_ones(found, strategy):
    rows = queue(found, strategy, 300)

    assert margins_of(found)[rows].mean() == pytest.approx(0.5, abs=0.06)


def test_the_most_unsure_tasks_of_all_are_there(found):
    rows = queue(found, "margin", 100)

    chosen = ~are_random(found.tasks[rows], KEY)
    assert margins_of(found)[rows][chosen].max() < 0.02


def test_a_small_pool_comes_whole():
    found = brought_by(part_of(1, 5_000), 1_000, 1)

    assert found.is_sampled(KEY).all()
    assert len(found) == 5_000 - are_random(np.arange(1, 5_001), KEY).sum() + 200


def test_before_a_model_a_part_brings_its_sample_and_the_random_share():
    part = Shortlist(part_of(1, 5_000).tasks, part_of(1, 5_000).features, None)

    found = brought_by(part, 100, 3)

    assert found.answers is None
    assert (found.is_sampled(KEY) | are_random(found.tasks, KEY)).all()
    assert 1_000 < len(found) < 2_500


def test_the_newest_part_that_has_a_task_counts():
    older, newer = part_of(1, 30), part_of(21, 30)

    both = merged([older, newer])

    assert both.tasks.tolist() == list(range(1, 51))
    assert margins_of(both)[:20].tolist() == margins_of(older)[:20].tolist()
    assert margins_of(both)[20:].tolist() == margins_of(newer).tolist()
    assert merged([older]).tasks.tolist() == older.tasks.tolist()


@pytest.mark.parametrize("has_model", [True, False])
def test_a_part_comes_back_as_it_was_stored(found, has_model):
    if not has_model:
        found = replace(found, answers=None)

    again = Shortlist.from_bytes(found.to_bytes())

    assert again.sampled_to == found.sampled_to < 1
    assert again.tasks.tolist() == found.tasks.tolist()
    assert again.features.blocks.keys() == {"vectors"}
    assert vectors_of(again).tobytes() == vectors_of(found).tobytes()
    assert (again.answers is not None) == has_model
    if again.answers is not None:
        assert again.answers.names == found.answers.names
        assert margins_of(again).tobytes() == margins_of(found).tobytes()


def vectors_of(found: Shortlist) -> np.ndarray:
    vectors = found.features.array("vectors")
    assert vectors is not None
    return vectors


def test_bags_come_back_where_there_is_no_encoder():
    seen = CONTROL.features(["a b a", "", "c"], Toolbox())
    part = Shortlist(np.arange(3), seen.only(CONTROL.apart("")), None)

    again = Shortlist.from_bytes(part.to_bytes())

    assert again.features.blocks.keys() == {"bags"}
    assert CONTROL.vectors(again.features).tobytes() == CONTROL.vectors(seen).tobytes()


def test_a_part_without_tasks_comes_back_without_any():
    again = Shortlist.from_bytes(Shortlist(np.empty(0, np.int64), NOTHING, None).to_bytes())

    assert len(again) == len(again.features) == 0


@pytest.mark.parametrize("missing", [(), ("sampled_to",), ("committee",), ("vectors",)])
def test_a_part_that_an_earlier_release_stored_is_scored_anew(found, missing):
    older = {
        "tasks": found.tasks,
        "probabilities": probabilities_of(found.answers),
        "committee": np.ones((2, len(found), 2), np.float32),
        "sampled_to": found.sampled_to,
        "vectors": vectors_of(found),
    }

    with pytest.raises(KeyError):  # one of DAMAGED: then a ranking is made anew
        Shortlist.from_bytes(saved({name: older[name] for name in {*older} - {*missing}}))
    assert KeyError in DAMAGED


def saved(arrays: dict[str, Any]) -> bytes:
    body = io.BytesIO()
    np.savez(body, **arrays)
    return body.getvalue()


def test_a_part_that_was_cut_off_or_does_not_fit_its_tasks_is_damaged(found):
    whole = found.to_bytes()
    with np.load(io.BytesIO(whole)) as file:
        arrays = dict(file)
    fewer = {name: arrays[name][:-1] for name in arrays if "vectors" in name or ":prob" in name}

    bodies = [whole[:length] for length in range(0, len(whole) - 1, len(whole) // 20)]
    bodies += [saved(arrays | {name: array}) for name, array in fewer.items()]
    assert len(fewer) == 2
    for body in bodies:
        with pytest.raises(DAMAGED):
            Shortlist.from_bytes(body)
