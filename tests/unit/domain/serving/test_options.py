"""A project's stored choices."""

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.serving.options import RETIRED_STRATEGIES, Options
from tests.builders import PROJECT


def test_choices_of_a_newer_release_are_left_out():
    """A roll-back of the stack made every prediction of the project fail."""
    stored = {"strategy": "entropy", "delete_predictions": True, "later": "new"}

    assert Options.read(stored) == Options("entropy", True)
    assert Options.read({"strategy": "new", "delete_predictions": "new"}) == Options()


@pytest.mark.parametrize("retired", RETIRED_STRATEGIES)
def test_a_strategy_that_went_is_no_choice_and_the_others_hold(retired):
    stored = {"strategy": retired, "delete_predictions": True, "revision": 2}

    assert Options.read(stored) == Options(None, True, 2)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"strategy": []}', b"[" * 9_999])
def test_what_cannot_be_read_is_no_choice(store, body):
    store.tamper(f"projects/{PROJECT}/options.json", body)

    assert Project(store, PROJECT).options().value == Options()
