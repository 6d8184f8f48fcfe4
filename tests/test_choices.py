"""What the parameters make of the stack, as SAM and CloudFormation work them out."""

import pytest

from tests.cloudformation import Json, Resolved
from tests.test_privileges import USE_THE_BUCKET
from tests.test_template import FUNCTIONS, PARAMETERS, RESOURCES

KEY = "arn:aws:kms:eu-central-1:123456789012:key/0123-4567"
DEFAULT = Resolved()
NAMES = {"Name", "BucketName", "LayerName", "QueueName", "TopicName", "LogGroupName", "AlarmName"}


def rights(resolved: Resolved, function: str) -> list[Json]:
    """Return the statements of a function's role."""
    policies = resolved.properties(f"{function}Role")["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def test_nothing_that_one_stack_names_is_in_another_ones_way():
    for name, resource in DEFAULT.resources.items():
        explicit = {p: v for p, v in DEFAULT.properties(name).items() if p in NAMES}
        if resource["Type"] != "AWS::Lambda::Alias":  # the name of an alias is its function's
            assert all("labelloop" in value for value in explicit.values()), name
        description = DEFAULT.properties(name).get("AlarmDescription", "labelloop: ")
        assert description.startswith("labelloop: ")


def test_what_a_stack_counts_and_reads_is_its_own():
    variables = DEFAULT.properties("TrainFunction")["Environment"]["Variables"]
    (dimension,) = DEFAULT.properties("TokenAlarm")["Dimensions"]

    assert variables["CREDENTIALS_PARAMETER"] == "/labelloop/credentials"
    assert variables["LABEL_STUDIO_TOKEN_PARAMETER"] == "/labelloop/label-studio-token"
    assert dimension == {"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}
    assert dimension["Value"] == "labelloop"
    assert (
        DEFAULT.properties("TokenAlarm")["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    )
    assert (
        RESOURCES["TokenAlarm"]["Properties"]["Dimensions"][0]["Value"]["Ref"] == "AWS::StackName"
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_read_the_parameters_that_its_variables_name(function):
    chosen = {"CredentialsParameter": "/else/who", "LabelStudioTokenParameter": "/else/token"}
    for parameters in ({}, chosen):
        resolved = Resolved(parameters)
        variables = resolved.properties(function)["Environment"]["Variables"]
        arn = "arn:aws:ssm:eu-central-1:123456789012:parameter"
        named = {f"{arn}{v}" for n, v in variables.items() if n.endswith("_PARAMETER")}

        readable = [one["Resource"] for one in rights(resolved, function) if "ssm" in str(one)]
        for resources in readable:
            assert set(resources if isinstance(resources, list) else [resources]) <= named


def test_a_bucket_that_another_stack_left_is_adopted():
    adopted = Resolved({"BucketName": "left-behind"})

    assert "Bucket" not in adopted.resources
    assert adopted.properties("BucketPolicy")["Bucket"] == "left-behind"
    assert adopted.outputs["BucketName"]["Value"] == "left-behind"
    for function in USE_THE_BUCKET:
        assert adopted.properties(function)["Environment"]["Variables"]["BUCKET"] == "left-behind"
        objects = [one["Resource"] for one in rights(adopted, function) if "s3:" in str(one)]
        assert objects
        assert "arn:aws:s3:::left-behind" in objects
        assert str(objects).count("arn:aws:s3:::") == str(objects).count("arn:aws:s3:::left-behind")


def test_versions_are_kept_for_as_long_as_is_wished():
    (without,) = DEFAULT.properties("Bucket")["LifecycleConfiguration"]["Rules"]
    kept = Resolved({"KeepVersionsDays": 30}).properties("Bucket")
    (with_them,) = kept["LifecycleConfiguration"]["Rules"]

    assert "VersioningConfiguration" not in DEFAULT.properties("Bucket")
    assert without["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert kept["VersioningConfiguration"] == {"Status": "Enabled"}
    assert with_them["NoncurrentVersionExpiration"] == {"NoncurrentDays": "30"}
    for rule in (without, with_them):
        assert rule["AbortIncompleteMultipartUpload"]
        assert not {"ExpirationInDays", "ExpirationDate", "Prefix"} & set(rule)


def test_a_first_deploy_that_fails_leaves_nothing():
    """What is kept is kept of a stack that worked; what has no fixed name is in nobody's way."""
    for name, resource in DEFAULT.resources.items():
        assert resource.get("DeletionPolicy") != "Retain", name
        assert resource["Type"] != "AWS::Logs::LogGroup" or not DEFAULT.properties(name).get(
            "LogGroupName"
        )


def test_nothing_needs_more_than_the_ten_executions_of_a_new_account():
    sources = DEFAULT.of_type("AWS::Lambda::EventSourceMapping")
    at_once = [int(s["ScalingConfig"]["MaximumConcurrency"]) for s in sources.values()]

    assert at_once == [2, 2]
    assert PARAMETERS["WarmFunctions"]["Default"] == 0
    for function in DEFAULT.of_type("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function


def test_trainers_bound_trainings_and_rankings():
    sources = Resolved({"Trainers": 7}).of_type("AWS::Lambda::EventSourceMapping")

    assert {s["ScalingConfig"]["MaximumConcurrency"] for s in sources.values()} == {"7"}


def test_a_key_of_ones_own_encrypts_all_that_is_kept():
    resolved = Resolved({"KmsKeyArn": KEY})
    (rule,) = resolved.properties("Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    by_default = rule["ServerSideEncryptionByDefault"]
    assert by_default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert rule["BucketKeyEnabled"] is True
    for queue in resolved.of_type("AWS::SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == KEY
        assert "SqsManagedSseEnabled" not in queue
    for function in USE_THE_BUCKET:
        assert resolved.properties(function)["Environment"]["Variables"]["KMS_KEY_ARN"] == KEY
        (use,) = [one for one in rights(resolved, function) if "kms:" in str(one["Action"])]
        assert use["Resource"] == KEY
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(use["Action"])


def test_without_a_key_nobody_may_use_any():
    (rule,) = DEFAULT.properties("Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for queue in DEFAULT.of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue
    assert "kms:" not in str([rights(DEFAULT, function) for function in FUNCTIONS])
