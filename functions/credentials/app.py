"""Custom resource: the first password is made with the stack, where nobody has made one yet."""

from typing import Any

from labelloop.adapters.custom_resource import answered
from labelloop.bootstrap import secret_parameter
from labelloop.usecases.first_credentials import make_first_credentials


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation: the resource is the parameter of `Name`."""
    name = event["ResourceProperties"]["Name"]
    with answered(event, name):
        if event["RequestType"] != "Delete":  # who deletes a stack may want to go on with another
            make_first_credentials(secret_parameter(name))
