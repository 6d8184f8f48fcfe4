"""A stack of CloudFormation in memory, for the commands that find what they need by it."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from labelloop.cli import aws as aws_module

STACK = "labelloop"


class Stacks:
    """CloudFormation with one stack. `resources`: physical ids by type and logical id."""

    def __init__(
        self, outputs: Mapping[str, str], resources: Mapping[str, Mapping[str, str]] = {}
    ) -> None:
        self.outputs, self.resources = outputs, resources

    def describe_stacks(self, StackName):  # noqa: N803
        self._demand(StackName, "DescribeStacks")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}

    def get_paginator(self, name):
        assert name == "list_stack_resources"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, StackName):  # noqa: N803
        self._demand(StackName, "ListStackResources")
        rows = [
            {"ResourceType": kind, "LogicalResourceId": logical, "PhysicalResourceId": physical}
            for kind, ids in self.resources.items()
            for logical, physical in ids.items()
        ]
        return [{"StackResourceSummaries": [row]} for row in rows]

    def _demand(self, stack: str, operation: str) -> None:
        if stack != STACK:
            error: Any = {"Code": "ValidationError", "Message": f"Stack {stack} does not exist"}
            raise ClientError({"Error": error}, operation)


def sign_in(monkeypatch, stacks: Stacks, **clients: Any) -> None:
    """Have commands find the stack, and these clients."""
    known = {"cloudformation": stacks, **clients}
    session = SimpleNamespace(client=known.__getitem__)
    monkeypatch.setattr(aws_module, "session", lambda: session)
