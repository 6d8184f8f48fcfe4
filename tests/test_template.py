"""Rules of template.yaml that would otherwise rot."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labelloop.config import Settings

ROOT = Path(__file__).parents[1]
NAMES = ("Webhook", "Predict", "Train", "Rank", "Sweep", "Credentials")


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones: !Ref x as {"Ref": "x"}."""


def long_form(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    else:
        assert isinstance(node, yaml.SequenceNode)
        value = loader.construct_sequence(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", long_form)
TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader)  # noqa: S506
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
ENVIRONMENT: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def of_type(type_: str) -> dict[str, Any]:
    """Return the properties of all resources of a type, by name."""
    return {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == type_}


def names_in(value: Any) -> set[str]:
    """Return the resources that a value refers to, through !Ref, !GetAtt or !Sub."""
    return set(re.findall(r"\w+", str(value))) & set(RESOURCES)


def statements(function: str) -> Iterator[tuple[list[str], list[Any]]]:
    """Yield actions and resources of each statement of a function's policies."""
    for policy in RESOURCES[function]["Properties"]["Policies"]:
        for one in policy["Statement"]:
            statement = one["Fn::If"][1] if "Fn::If" in one else one
            assert statement["Effect"] == "Allow"
            actions, resources = statement["Action"], statement["Resource"]
            yield (
                actions if isinstance(actions, list) else [actions],
                resources if isinstance(resources, list) else [resources],
            )


def may(function: str) -> set[str]:
    return {action for actions, _ in statements(function) for action in actions}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
CONSUMED = {
    (name, *names_in(event["Properties"]["Queue"])): event["Properties"]
    for name, function in FUNCTIONS.items()
    for event in function.get("Events", {}).values()
    if event["Type"] == "SQS"
}


def test_each_function_has_a_folder_and_each_folder_a_function():
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert {f["CodeUri"] for f in FUNCTIONS.values()} == {f"functions/{name}" for name in folders}
    assert set(FUNCTIONS) == {f"{name.title()}Function" for name in folders}
    assert set(FUNCTIONS) == {f"{name}Function" for name in NAMES}


@pytest.mark.parametrize(
    ("function", "packages"),
    [
        ("Webhook", ["Runtime"]),
        ("Predict", ["Serving", "Encoder", "ImageEncoder", "Recipes"]),
        ("Train", ["Training", "Encoder", "ImageEncoder", "Recipes"]),
        ("Rank", ["Serving", "Encoder", "ImageEncoder", "Recipes"]),
        ("Sweep", ["Runtime", "Encoder", "ImageEncoder", "Recipes"]),
        ("Credentials", ["Runtime"]),
    ],
)
def test_a_function_carries_the_layers_it_needs_and_no_other(function, packages):
    layers = [*packages, "Shared"]

    def layer(name):
        if name == "Recipes":
            of = [{"Ref": "RecipesLayer"}, {"Ref": "RecipesLayerArn"}]
            return {"Fn::If": ["BuildsRecipes", *of]}
        always = {"Ref": f"{name}Layer"}
        is_chosen = name.endswith("Encoder")
        return {"Fn::If": [f"Has{name}", always, {"Ref": "AWS::NoValue"}]} if is_chosen else always

    assert FUNCTIONS[f"{function}Function"]["Layers"] == list(map(layer, layers))


def test_no_function_has_more_layers_than_lambda_takes():
    assert max(len(one["Layers"]) for one in FUNCTIONS.values()) <= 5


@pytest.mark.parametrize("function", ["Webhook", "Predict"])
def test_what_people_wait_for_may_start_from_a_snapshot_or_be_kept_started(function):
    properties = FUNCTIONS[f"{function}Function"]
    integration = RESOURCES[f"{function}Integration"]["Properties"]

    assert integration["IntegrationUri"]["Fn::If"] == [
        "IsPublished",
        {"Ref": f"{function}Function.Alias"},
        {"Fn::GetAtt": f"{function}Function.Arn"},
    ]
    assert properties["SnapStart"]["ApplyOn"]["Fn::If"][1:] == ["PublishedVersions", "None"]
    kept = {"ProvisionedConcurrentExecutions": {"Ref": "WarmFunctions"}}
    assert properties["ProvisionedConcurrencyConfig"]["Fn::If"][1] == kept
    defaults = [TEMPLATE["Parameters"][name]["Default"] for name in ("SnapStart", "WarmFunctions")]
    assert defaults == ["off", 0]


def test_each_layer_is_built_by_a_makefile_of_its_own_folder():
    for name, layer in of_type("AWS::Serverless::LayerVersion").items():
        makefile = (ROOT / layer["ContentUri"] / "Makefile").read_text()

        assert re.search(rf"^(.* )?build-{name}\b.*:", makefile, re.MULTILINE), name
        assert RESOURCES[name]["Metadata"]["BuildMethod"] == "makefile"


def test_the_variables_are_those_of_the_settings():
    ours = {name for name in ENVIRONMENT if not name.startswith(("POWERTOOLS_", "O"))}

    assert ours == {f.metadata["variable"] for f in Settings.__dataclass_fields__.values()}


@pytest.mark.parametrize("field", Settings.__dataclass_fields__.values(), ids=lambda f: f.name)
def test_a_setting_has_the_same_default_and_limits_in_the_template(field):
    variable = ENVIRONMENT[field.metadata["variable"]]
    if field.metadata["default"] is None:
        assert "Fn::If" in variable or variable["Ref"] in RESOURCES
        return
    source = variable["Ref"]
    parameter = PARAMETERS[source]

    assert source == field.metadata["variable"].title().replace("_", "")
    assert parameter["Default"] == field.metadata["default"]
    assert parameter.get("MinValue") == field.metadata.get("least")
    assert parameter.get("MaxValue") == field.metadata.get("most")
    assert parameter.get("AllowedValues", []) == list(field.metadata.get("among", []))
    if "matching" in field.metadata:
        assert parameter["AllowedPattern"] == field.metadata["matching"]


def test_each_parameter_says_what_it_is_and_is_used():
    body = str(RESOURCES | TEMPLATE["Globals"] | TEMPLATE["Conditions"])

    for name, parameter in PARAMETERS.items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        assert re.search(rf"\b{name}\b", body), f"{name} is used nowhere"


def test_each_route_leads_to_a_function_that_the_gateway_may_call():
    allowed = {
        function
        for permission in of_type("AWS::Lambda::Permission").values()
        for function in names_in(permission["FunctionName"])
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    routes = {}
    for route in of_type("AWS::ApiGatewayV2::Route").values():
        (integration,) = names_in(route["Target"])
        (function,) = names_in(RESOURCES[integration]["Properties"]["IntegrationUri"])
        routes[route["RouteKey"]] = function

    assert routes == {
        "GET /": "WebhookFunction",
        "GET /health": "WebhookFunction",
        "POST /setup": "WebhookFunction",
        "POST /webhook": "WebhookFunction",
        "$default": "PredictFunction",
    }
    assert set(routes.values()) <= allowed <= set(FUNCTIONS)


def test_the_gateway_is_throttled():
    (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()

    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0


def test_each_queue_that_is_consumed_has_a_dead_letter_queue_with_an_alarm():
    assert CONSUMED
    watched = {
        queue
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for queue in names_in(alarm.get("Dimensions", []))
    }

    for _, queue in CONSUMED:
        redrive = QUEUES[queue]["RedrivePolicy"]
        (dead_letters,) = names_in(redrive["deadLetterTargetArn"])

        assert redrive["maxReceiveCount"] >= 5
        assert dead_letters in watched


def test_a_queue_hides_a_message_for_six_times_its_functions_timeout():
    for function, queue in CONSUMED:
        assert QUEUES[queue]["VisibilityTimeout"] >= 6 * FUNCTIONS[function]["Timeout"]


def test_only_the_messages_that_failed_come_again():
    for event in CONSUMED.values():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_visible_wake_up_cannot_be_delayed_longer_than_sqs_allows():
    assert PARAMETERS["QuietSeconds"]["MaxValue"] <= 900


def test_queues_and_bucket_are_encrypted():
    (bucket,) = of_type("AWS::S3::Bucket").values()

    for queue in QUEUES.values():
        assert queue["SqsManagedSseEnabled"]["Fn::If"][2] is True
        assert queue["KmsMasterKeyId"]["Fn::If"][1] == {"Ref": "KmsKeyArn"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_the_bucket_is_private_and_outlives_the_stack():
    ((name, bucket),) = of_type("AWS::S3::Bucket").items()
    (policy,) = of_type("AWS::S3::BucketPolicy").values()
    statement = policy["PolicyDocument"]["Statement"][0]

    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_only_do_named_things_to_our_own_resources(function):
    for actions, resources in statements(function):
        assert not any("*" in action for action in actions)
        for resource in resources:
            (target,) = resource.values()
            if "Fn::GetAtt" in resource:
                assert target.partition(".")[0] in RESOURCES
            elif "Ref" in resource:
                assert target == "KmsKeyArn"
            elif "Fn::Split" in resource and target[1] == {"Ref": "FetchKmsKeyArns"}:
                assert actions == ["kms:Decrypt"]
            elif "Fn::Split" in resource:
                assert "arn:${AWS::Partition}:s3:::${Names}/*" in str(target)
                assert "FetchBuckets" in str(target)
            elif isinstance(target, list):
                assert re.match(r"arn:\$\{AWS::Partition}:ssm:.*:parameter\$\{Name}$", target[0])
            else:
                bucket = r"\$\{BucketArn\.Value}/((projects|encoders)/\*|sweep\.json$)"
                assert re.match(bucket, target)


def test_each_function_may_do_what_it_has_to_and_no_more():
    read = {"s3:ListBucket", "s3:GetObject", "kms:Decrypt", "kms:GenerateDataKey"}

    tell = {"s3:PutObject", "sqs:SendMessage"}
    assert may("WebhookFunction") == read | tell | {"ssm:GetParameter"}
    keep = {"ssm:GetParameter", "ssm:PutParameter", "kms:Encrypt"}
    assert may("PredictFunction") == read | tell | keep
    assert may("TrainFunction") == read | tell | {"s3:DeleteObject", "ssm:GetParameter"}
    assert may("RankFunction") == read | tell | {"s3:DeleteObject", "ssm:GetParameter"}
    assert may("SweepFunction") == read | tell | {"s3:DeleteObject", "ssm:GetParameter"}
    assert may("CredentialsFunction") == {"ssm:PutParameter"}


def test_nothing_but_folded_events_old_ranks_and_what_is_pruned_can_be_deleted():
    deletable = [
        resource
        for function in FUNCTIONS
        for actions, resources in statements(function)
        if "s3:DeleteObject" in actions
        for resource in resources
    ]

    assert deletable == [
        {"Fn::Sub": "${BucketArn.Value}/projects/*/events/*"},
        {"Fn::Sub": "${BucketArn.Value}/projects/*/ranks/*"},
        *(
            {"Fn::Sub": f"${{BucketArn.Value}}/projects/*/{name}/*"}
            for name in ("models", "datasets", "features", "history", "quarantine", "imports")
        ),
    ]


def test_each_function_logs_to_a_group_that_forgets():
    groups = of_type("AWS::Logs::LogGroup")

    for function in FUNCTIONS.values():
        assert groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["RetentionInDays"]


def test_the_first_password_is_made_where_the_functions_look_for_it_within_the_time_it_has():
    ((_, resource),) = of_type("Custom::FirstCredentials").items()

    assert resource["Name"] == ENVIRONMENT["CREDENTIALS_PARAMETER"]
    assert resource["ServiceToken"] == {"Fn::GetAtt": "CredentialsFunction.Arn"}
    assert FUNCTIONS["CredentialsFunction"]["Timeout"] < resource["ServiceTimeout"]


def test_predict_answers_within_the_gateways_time():
    assert FUNCTIONS["PredictFunction"]["Timeout"] <= 30
    assert FUNCTIONS["WebhookFunction"]["Timeout"] <= 30
