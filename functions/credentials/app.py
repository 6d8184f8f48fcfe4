"""Custom resource: the first password is made with the stack, where nobody has made one yet.

If the parameter gets another name, the password moves along.
"""

from typing import Any

from labelloop.adapters.custom_resource import answered
from labelloop.bootstrap import secret_parameter
from labelloop.usecases.first_credentials import make_first_credentials


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation: the resource is the parameter of `Name`."""
    name = event["ResourceProperties"]["Name"]
    before = event.get("OldResourceProperties", {}).get("Name", name)
    with answered(event, name):
        if event["RequestType"] != "Delete":  # who deletes a stack may want to go on with another
            earlier = secret_parameter(before) if before != name else None
            make_first_credentials(secret_parameter(name), earlier)
