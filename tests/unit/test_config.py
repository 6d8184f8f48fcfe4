"""Settings: read once, refused by name."""

import pytest

from labelloop.config import Settings, processors
from labelloop.errors import BadSettings

REQUIRED = {
    "BUCKET": "b",
    "TRAIN_QUEUE_URL": "q",
    "RANK_QUEUE_URL": "q",
    "CREDENTIALS_PARAMETER": "/c",
    "LABEL_STUDIO_TOKEN_PARAMETER": "/t",
}


def test_what_is_not_set_has_a_default():
    assert Settings.read(REQUIRED).quiet_s == 10


def test_what_is_set_is_taken():
    chosen = Settings.read(REQUIRED | {"QUIET_SECONDS": " 0 ", "STRATEGY": "entropy"})

    assert (chosen.quiet_s, chosen.strategy) == (0, "entropy")


@pytest.mark.parametrize("variable", REQUIRED)
def test_a_missing_setting_is_named(variable):
    with pytest.raises(BadSettings, match=variable):
        Settings.read(REQUIRED | {variable: " "})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QUIET_SECONDS", "-1"),
        ("QUIET_SECONDS", "901"),
        ("MIN_LABELS", "many"),
        ("STRATEGY", "best"),
        ("ENCODER", "../x"),
    ],
)
def test_a_setting_out_of_its_limits_is_named(variable, value):
    with pytest.raises(BadSettings, match=variable):
        Settings.read(REQUIRED | {variable: value})


@pytest.mark.parametrize(
    ("memory_mb", "threads"), [("128", 1), ("1769", 1), ("3008", 2), ("10240", 6), ("", 1)]
)
def test_there_is_a_thread_for_each_processor_that_the_memory_buys(memory_mb, threads):
    assert processors({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory_mb}) == threads
