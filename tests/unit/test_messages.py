"""Wake-ups on the queues."""

import pytest

from labelloop.errors import Rejected
from labelloop.messages import RankWakeUp, WakeUp

WAKE_UPS = (
    WakeUp("38.1795398621", "start_training", "20261123T120000.000000Z-" + "a" * 32),
    RankWakeUp("38.1795398621", "score", "12-9f3a1c2b", 7),
)


@pytest.mark.parametrize("wake_up", WAKE_UPS)
def test_a_wake_up_survives_the_queue_and_is_small(wake_up):
    assert type(wake_up).from_json(wake_up.to_json()) == wake_up
    assert len(wake_up.to_json()) < 200


@pytest.mark.parametrize("kind", [WakeUp, RankWakeUp])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"project": 7, "reason": "sweep"}',
        '{"project": "1.2", "reason": "?"}',
        '{"project": 7, "step": "plan"}',
        '{"project": "1.2", "step": "?"}',
        '{"project": "1.2", "step": "score", "part": "1"}',
        '"a"',
        "[" * 200_000,
    ],
)
def test_anything_else_is_rejected(kind, body):
    with pytest.raises(Rejected):
        kind.from_json(body)
