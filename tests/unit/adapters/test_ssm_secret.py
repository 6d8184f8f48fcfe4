"""The credentials in Parameter Store."""

import pytest
from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from labelloop.adapters.ssm_secret import SsmSecret
from labelloop.errors import Unavailable
from tests.conftest import SECRET


@pytest.fixture
def fail(monkeypatch):
    def fail():
        def failing(*_, **__):
            raise GetParameterError("throttled")

        monkeypatch.setattr(SSMProvider, "get", failing)

    return fail


def test_the_secret_is_read(aws):
    assert SsmSecret("/labelloop/test").read() == SECRET


def test_a_parameter_that_does_not_exist_is_an_empty_secret(aws):
    assert SsmSecret("/labelloop/nothing").read() == ""


def test_while_ssm_fails_the_last_known_secret_counts(aws, fail):
    secret = SsmSecret("/labelloop/test")
    secret.read()
    fail()

    assert secret.read() == SECRET


def test_a_secret_that_was_never_read_is_unavailable(aws, fail):
    fail()

    with pytest.raises(Unavailable):
        SsmSecret("/labelloop/test").read()
