"""Ranking beside an encoder: the pool is encoded once."""

import pytest

from labelloop.recipes.tools import Toolbox
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.serving.serve import Served
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.ordering.versions import (
    OneVersion,
    VectorModel,
    lengths_in_order_served,
    run,
)


@pytest.fixture
def encoder(deps, monkeypatch) -> CountingEncoder:
    """The stack's encoder; each step runs in a process that has seen nothing yet."""
    encoder = CountingEncoder()
    fresh = lambda: Toolbox(encoder.name, lambda: encoder)  # noqa: E731
    object.__setattr__(deps, "tools", fresh)
    served = lambda self, *_: Served(self.version, VectorModel(), "margin", "text_choices")  # noqa: E731
    monkeypatch.setattr(OneVersion, "of", served)
    return encoder


def test_the_pool_is_encoded_for_the_first_version_and_never_again(
    deps, encoder, activate, label_studio, id_
):
    run(activate("1-aaaaaaaa"), deps)
    assert lengths_in_order_served(label_studio, id_, 3) == [1, 2, 3]
    assert sorted(map(len, encoder.texts)) == [1, 2, 3, 5, 7, 8, 9]
    run(activate("2-bbbbbbbb"), deps)

    assert len(encoder.texts) == 7
    assert lengths_in_order_served(label_studio, id_, 2) == [5, 7]


def test_a_score_step_killed_while_it_encodes_loses_no_shard_it_has_encoded(
    deps, encoder, activate, label_studio, id_, limit, monkeypatch
):
    limit(shards_in_a_part=10)
    real, calls = CountingEncoder.encode, []

    def die_once(self, texts):
        calls.append(texts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, texts)

    monkeypatch.setattr(CountingEncoder, "encode", die_once)
    first = activate("1-aaaaaaaa")
    with pytest.raises(KeyboardInterrupt):
        run(first, deps)
    deps.rank_queue.sent.clear()
    run(first, deps)

    assert sorted(map(len, encoder.texts)) == [1, 2, 3, 5, 7, 8, 9]
    assert lengths_in_order_served(label_studio, id_, 2) == [1, 2]


def test_a_part_with_too_much_to_encode_is_scored_in_several_steps(
    deps, encoder, activate, label_studio, id_, limit
):
    limit(shards_in_a_part=10, encoding_s=-1.0)
    first = activate("1-aaaaaaaa")
    rank(first, deps)
    outcomes = [rank(deps.rank_queue.sent.pop(0)[0], deps) for _ in range(2)]
    limit(encoding_s=100.0)

    assert outcomes == [RankOutcome.PLANNED, RankOutcome.UNFINISHED]
    assert RankOutcome.PUSHED in run(deps.rank_queue.sent.pop(0)[0], deps)
    assert lengths_in_order_served(label_studio, id_, 2) == [1, 2]


def test_damaged_features_change_no_order(deps, encoder, activate, label_studio, id_, store):
    run(activate("1-aaaaaaaa"), deps)
    for key in store.keys("/features/"):
        store.tamper(key, b"damaged")
    run(activate("2-bbbbbbbb"), deps)

    assert lengths_in_order_served(label_studio, id_, 5) == [1, 2, 3, 5, 7]
