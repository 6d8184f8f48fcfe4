"""A stack's end, and another one's beginning, on the embedded AWS."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from labelloop.local.stack import NAME, LocalStack, local_stack
from tests.system.conftest import PARAMETERS, LabelStudio

pytestmark = pytest.mark.slow


def take_down(stack: LocalStack) -> None:
    """Delete the stack, as `sam delete` does."""
    cloudformation = stack.client("cloudformation")
    cloudformation.delete_stack(StackName=NAME)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def stored(stack: LocalStack, bucket: str) -> list[str]:
    listed = stack.client("s3").list_objects_v2(Bucket=bucket)
    return [one["Key"] for one in listed.get("Contents", [])]


def test_a_bucket_outlives_its_stack_and_another_one_goes_on_with_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with local_stack(state=state, parameters=PARAMETERS) as stack:
        bucket, queue = stack.outputs["BucketName"], stack.outputs["TrainQueueUrl"]
        first = LabelStudio(stack)
        first.label(1, "Positive", "a great film")
        first.close()
        key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
        parameter = stack.outputs["CredentialsParameterName"]
        history = stack.client("ssm").get_parameter_history(Name=parameter, WithDecryption=True)
        made = history["Parameters"][0]["Value"]  # before the local stack put its own there
        assert re.fullmatch(r"labelstudio:[0-9a-f]{48}", made)
        before = stored(stack, bucket)
        assert before

        take_down(stack)

        assert set(before) <= set(stored(stack, bucket))
        assert not stack.client("logs").describe_log_groups(logGroupNamePrefix=NAME)["logGroups"]
        with pytest.raises(ClientError):
            stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])

    with local_stack(
        state=state,
        parameters=PARAMETERS | {"BucketName": bucket, "KmsKeyArn": key, "Trainers": "3"},
    ) as stack:
        assert stack.outputs["BucketName"] == bucket
        second = LabelStudio(stack)
        second.label(2, "Negative", "an awful film")
        assert len(stored(stack, bucket)) > len(before)
        assert second.predict("a film")[0]["model_version"] == "untrained"
        second.close()
