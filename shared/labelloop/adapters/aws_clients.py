"""The clients for AWS: boto3's own, or, for answers after a cold start, one without boto3."""

from typing import Any

from labelloop.adapters.aws_limits import ATTEMPTS, CONNECT_S, READ_S


def client_of(service: str, **connection: Any) -> Any:
    """Return boto3's client of a service, with timeouts shorter than Label Studio's."""
    import boto3
    from botocore.config import Config

    connect: Any = boto3.client
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S[service],
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS[service]},
        max_pool_connections=32,
    )
    return connect(service, config=config, **connection)


def quick_client_of(service: str) -> Any:
    """Return a client of a service that is ready at once and has few calls.

    Under SnapStart it is boto3's client, because only boto3 finds the credentials there; it was
    made before the snapshot.
    """
    from labelloop.adapters.signed_aws import CLIENTS, can_sign

    return CLIENTS[service]() if can_sign() else client_of(service)
