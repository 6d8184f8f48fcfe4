"""Which client answers first."""

import pytest

from labelloop.adapters.aws_clients import client_of, quick_client_of
from labelloop.adapters.signed_aws import CLIENTS


@pytest.mark.parametrize("service", ["s3", "sqs", "ssm"])
def test_with_credentials_in_the_environment_calls_are_signed_here(aws, service):
    assert type(quick_client_of(service)) is CLIENTS[service]


@pytest.mark.parametrize("service", ["s3", "sqs", "ssm"])
def test_credentials_that_are_elsewhere_are_left_to_boto3(aws, monkeypatch, service):
    """As under SnapStart, which has no credentials in the environment."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    assert quick_client_of(service).meta.service_model.service_name == service


def test_a_client_gives_up_before_label_studio_does(aws):
    config = client_of("sqs").meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries["total_max_attempts"] == 3
