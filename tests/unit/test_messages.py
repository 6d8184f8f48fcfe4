"""Wake-ups on the queue."""

import pytest

from labelloop.errors import Rejected
from labelloop.messages import WakeUp


def test_a_wake_up_survives_the_queue_and_is_small():
    wake_up = WakeUp("38.1795398621", "start_training", "20261123T120000.000000Z-" + "a" * 32)

    assert WakeUp.from_json(wake_up.to_json()) == wake_up
    assert len(wake_up.to_json()) < 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"project": 7, "reason": "sweep"}',
        '{"project": "1.2", "reason": "?"}',
        '"a"',
        "[" * 200_000,
    ],
)
def test_anything_else_is_rejected(body):
    with pytest.raises(Rejected):
        WakeUp.from_json(body)
