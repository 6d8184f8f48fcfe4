"""AWS with a person's own permissions, for what no function may do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from labelloop.errors import Rejected
from labelloop.ports import ObjectStore


def session() -> Any:
    """Return a boto3 session with the person's AWS credentials and region."""
    import boto3

    # As AWS's command line reads it; boto3 by itself reads AWS_DEFAULT_REGION alone.
    return boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)


def outputs(aws: Any, stack: str) -> dict[str, str]:
    """Return the outputs of a stack, by name."""
    (description,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = description.get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def parameters(aws: Any, stack: str) -> dict[str, str]:
    """Return the parameters that a stack was deployed with, by name."""
    (description,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    rows = description.get("Parameters", [])
    return {row["ParameterKey"]: row.get("ParameterValue", "") for row in rows}


def stack_url(stack: str) -> str:
    """Return a deployed Labelloop's URL, with a user and password from its SSM parameter."""
    with errors_explained(stack, f"labelloop ... --stack {stack}"):
        aws = session()
        described = outputs(aws, stack)
        name = described.get("CredentialsParameterName", "")
        if not name or "ApiUrl" not in described:
            raise Rejected(f"the stack {stack} is not Labelloop's", "name another: --stack")
        found = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)
    lines = [line.strip() for line in found["Parameter"]["Value"].splitlines() if ":" in line]
    if not lines:
        raise Rejected(f"the parameter {name} holds no user:password", "put a line there")
    user, _, password = lines[-1].partition(":")
    scheme, _, host = described["ApiUrl"].partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}"


def resources(aws: Any, stack: str, kind: str) -> dict[str, str]:
    """Return the physical ids of a stack's resources of one type, by logical id."""
    pages = aws.client("cloudformation").get_paginator("list_stack_resources")
    rows = (
        row for page in pages.paginate(StackName=stack) for row in page["StackResourceSummaries"]
    )
    return {
        row["LogicalResourceId"]: row["PhysicalResourceId"]
        for row in rows
        if row["ResourceType"] == kind and "PhysicalResourceId" in row
    }


def bucket(stack: str) -> ObjectStore:
    """Return the bucket of a stack."""
    aws = session()
    name = outputs(aws, stack)["BucketName"]
    from labelloop.adapters.s3_store import S3Store

    return S3Store(name, aws.client("s3"))


@contextmanager
def errors_explained(stack: str, command: str) -> Iterator[None]:
    """Turn boto3's errors into Rejected, with a message and a fix. `command`: to run again."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as exc:
        raise Rejected(f"AWS, about stack {stack}: {exc}", _fix(exc, command)) from exc


def _fix(error: Exception, command: str) -> str:
    """Return what to do about an error before running a command again."""
    match type(error).__name__:
        case "NoRegionError":
            return f"name the region of the stack: AWS_REGION=eu-central-1 {command}"
        case "NoCredentialsError" | "PartialCredentialsError" | "ProfileNotFound":
            profile = f"AWS_PROFILE=... {command}"
            return f"sign in first, as for `sam deploy`: aws configure, or {profile}"
        case "EndpointConnectionError" | "ConnectTimeoutError" | "SSLError":
            return "check the region, HTTPS_PROXY and AWS_CA_BUNDLE"
        case _ if "ExpiredToken" in str(error):
            return "your sign-in has expired: sign in again, as for `sam deploy`"
        case _ if "does not exist" in str(error):
            return "give --stack and AWS_REGION the name and region that `sam deploy` was given"
    return f"check the permissions of `aws sts get-caller-identity`, then run: {command}"
