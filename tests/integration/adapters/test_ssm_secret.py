"""The credentials in Parameter Store."""

import boto3
import pytest
from botocore.exceptions import ClientError

from labelloop.adapters.signed_aws import SignedSsm
from labelloop.adapters.ssm_secret import SsmSecret
from labelloop.errors import Unavailable
from tests.conftest import SECRET


@pytest.fixture(params=["boto3", "signed"])
def client(request, aws):
    return boto3.client("ssm") if request.param == "boto3" else SignedSsm()


@pytest.fixture
def fail(client, monkeypatch):
    def fail():
        def throttled(**_):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter")

        monkeypatch.setattr(client, "get_parameter", throttled)

    return fail


def test_the_secret_is_read(client):
    assert SsmSecret("/labelloop/test", client).read() == SECRET


def test_a_parameter_that_does_not_exist_is_an_empty_secret(client):
    assert SsmSecret("/labelloop/nothing", client).read() == ""


def test_a_secret_is_not_read_again_for_a_minute(client, aws, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    secret = SsmSecret("/labelloop/test", client)
    secret.read()
    aws.ssm.put_parameter(Name="/labelloop/test", Value="new", Overwrite=True)

    now += 59
    assert secret.read() == SECRET
    now += 2
    assert secret.read() == "new"


def test_while_ssm_fails_the_last_known_secret_counts(client, fail):
    secret = SsmSecret("/labelloop/test", client, cached_s=0)
    secret.read()
    fail()

    assert secret.read() == SECRET


def test_a_secret_that_was_never_read_is_unavailable(client, fail):
    fail()

    with pytest.raises(Unavailable):
        SsmSecret("/labelloop/test", client).read()


def test_a_secret_is_written_with_the_key_that_was_given(aws):
    key = "arn:aws:kms:eu-central-1:123456789012:key/0123"

    SsmSecret("/labelloop/test", key=key).write("new")
    SsmSecret("/labelloop/other").write("new")

    found = aws.ssm.describe_parameters()["Parameters"]
    keys = {one["Name"]: one["KeyId"] for one in found}
    assert keys == {"/labelloop/test": key, "/labelloop/other": "alias/aws/ssm"}


def test_a_secret_that_was_written_is_read_at_once(aws):
    secret = SsmSecret("/labelloop/test")
    secret.read()

    secret.write("new")

    assert secret.read() == "new"
    assert SsmSecret("/labelloop/test").read() == "new"
