"""Falling back to random order: when it is looked at, and what it is decided on."""

from collections import Counter
from dataclasses import asdict, replace

import numpy as np
import pytest

from labelloop.domain.judging.fallback import OrderDecision
from labelloop.domain.learning.examples import Examples
from labelloop.domain.ordering.random_share import are_random
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.ordering.choose_order import Arms, choose_order
from tests.builders import label_config
from tests.fakes import Classifier, learning_by, lengths_of, trained

KEY = "38.1"


class Memory:
    """Knows the labels of the lengths that it has seen, and counts its trainings."""

    def __init__(self) -> None:
        self.trainings = 0
        self.seen: list[dict[int, Counter[str]]] = []

    def train(self, seen, labels, pool=None):
        self.trainings += 1
        counts: dict[int, Counter[str]] = {}
        for length, label in zip(lengths_of(seen).round().tolist(), labels, strict=True):
            counts.setdefault(int(length), Counter())[label] += 1
        self.seen.append(counts)
        none = np.empty((0, 2), np.float32)
        return trained(str(len(self.seen) - 1).encode(), {}, ["even", "odd"], none)

    def load(self, artefact):
        return Recall(self.seen[int(artefact)])


class Recall(Classifier):
    names = ("even", "odd")

    def __init__(self, counts):
        self.counts = counts

    def predict_proba(self, seen):
        rows = []
        for length in lengths_of(seen).round().tolist():
            counts = self.counts.get(int(length), Counter())
            odds = [counts[name] + 0.5 for name in self.names]
            rows.append([one / sum(odds) for one in odds])
        return np.array(rows)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def arms(memory: Memory, count: int, strategy_sees_all: bool, before: int = 0) -> Arms:
    """Labelled tasks of eight lengths; the strategy may have chosen tasks of two of them only.

    So many were labelled before there was an order: short ones, but for the random share.
    """
    tasks = list(range(1, count + 1))
    fair = are_random(tasks, KEY) | (strategy_sees_all & (np.array(tasks) > before))
    kinds = np.where(fair, 8, 2).tolist()
    lengths = [3 + i // 3 % kind for i, kind in zip(tasks, kinds, strict=True)]
    examples = Examples(
        tasks,
        ["x" * n for n in lengths],
        ["odd" if n % 2 else "even" for n in lengths],
        [f"{i:06d}" for i in tasks],
        [[] for _ in tasks],
    )
    control = learning_by(memory.train, memory.load)(label_config("even", "odd"))
    return Arms(control, examples, control.features(examples.inputs, Toolbox()), f"{before:06d}")


def test_a_strategy_that_leaves_out_most_of_the_pool_gives_way_to_random_order(memory):
    found = choose_order("margin", {}, arms(memory, 600, strategy_sees_all=False), KEY)

    assert found.strategy == "random"
    assert "worse than random order" in found.order.reason
    assert (found.chosen, found.looked_at) == ("margin", 600)


def test_a_strategy_as_good_as_random_order_stays(memory):
    found = choose_order("margin", {}, arms(memory, 600, strategy_sees_all=True), KEY)

    assert found.strategy == "margin"


def test_it_is_not_looked_at_again_before_labels_have_grown_by_a_quarter(memory):
    first = choose_order("margin", {}, arms(memory, 600, strategy_sees_all=False), KEY)
    memory.trainings = 0

    again = choose_order("margin", first.on_card(), arms(memory, 749, True), KEY)
    trained, later = memory.trainings, arms(memory, 1_000, True)

    assert (again, trained) == (replace(first, given=749), 0)
    assert choose_order("margin", first.on_card(), later, KEY).strategy == "margin"


def test_with_few_random_labels_nothing_is_trained(memory):
    found = choose_order("margin", {}, arms(memory, 100, strategy_sees_all=False), KEY)

    assert (found.strategy, memory.trainings) == ("margin", 0)


def test_another_strategy_is_given_its_chance(memory):
    fallen = choose_order("margin", {}, arms(memory, 600, strategy_sees_all=False), KEY)

    found = choose_order("entropy", fallen.on_card(), arms(memory, 620, True), KEY)

    assert found.strategy == "entropy"


def test_random_order_by_choice_is_never_looked_at(memory):
    found = choose_order("random", {}, arms(memory, 600, strategy_sees_all=False), KEY)

    assert (found.strategy, memory.trainings) == ("random", 0)


def test_labels_of_one_class_decide_nothing(memory):
    given = arms(memory, 600, strategy_sees_all=False)
    given.examples.labels[:] = ["odd"] * 600

    assert choose_order("margin", {}, given, KEY).strategy == "margin"
    assert memory.trainings == 0


def test_what_a_thousand_labels_decided_stays(memory):
    found = choose_order("margin", {}, arms(memory, 1_000, strategy_sees_all=False), KEY)
    memory.trainings = 0

    later = choose_order("margin", found.on_card(), arms(memory, 3_000, True), KEY)

    assert (later, memory.trainings) == (replace(found, given=3_000), 0)


def test_labels_from_before_the_first_order_are_not_judged_and_settle_nothing(memory):
    given = arms(memory, 1_500, strategy_sees_all=True, before=1_500)

    found = choose_order("margin", {}, given, KEY)

    assert (found.strategy, found.looked_at, found.given) == ("margin", 0, 0)
    assert memory.trainings == 0


def test_a_strategy_is_not_charged_with_labels_from_before_it(memory):
    found = choose_order("margin", {}, arms(memory, 1_200, True, before=600), KEY)

    assert (found.strategy, found.looked_at) == ("margin", 600)


def test_a_bad_strategy_is_found_out_after_a_backfill_too(memory):
    given = arms(memory, 1_000, strategy_sees_all=False, before=200)
    given.examples.labels[:200] = ["odd"] * 200  # teaches nothing of what comes later

    assert choose_order("margin", {}, given, KEY).strategy == "random"


def test_both_arms_learn_what_was_labelled_before_and_not_too_much_of_it(memory):
    choose_order("margin", {}, arms(memory, 1_800, True, before=1_200), KEY)

    learnt = {sum(sum(one.values()) for one in seen.values()) for seen in memory.seen}

    assert min(learnt) > 400
    assert max(learnt) < 600


def test_what_an_older_card_decided_by_all_labels_is_looked_at_again(memory):
    known = {
        "chosen": "margin",
        "order": asdict(OrderDecision(True, "worse", 1_000)),
        "looked_at": 1_000,
    }

    found = choose_order("margin", known, arms(memory, 1_200, True, before=600), KEY)

    assert (found.strategy, found.looked_at) == ("margin", 600)


def test_no_arm_is_tested_on_what_the_encoder_was_tuned_to(memory):
    found = arms(memory, 600, strategy_sees_all=False)
    every, some = (
        replace(found, examples=replace(found.examples, tuned=frozenset(range(1, most + 1))))
        for most in (600, 200)
    )

    assert choose_order("margin", {}, every, KEY).looked_at == memory.trainings == 0
    counted = sum(are_random(range(201, 601), KEY))
    assert f"on {counted} random labels" in choose_order("margin", {}, some, KEY).order.reason
