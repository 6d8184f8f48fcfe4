"""Every deploy and every changed parameter reaches every function: SAM's translator, run twice."""

from typing import Any

import pytest

from tests.cloudformation import Json, Resolved
from tests.test_template import FUNCTIONS, PARAMETERS, of_type

OTHERS = {
    "CredentialsParameter": "/else/credentials",
    "LabelStudioUrl": "https://label-studio.example.com",
    "LabelStudioTokenParameter": "/else/token",
    "Encoder": "none",
    "ImageEncoder": "efficientnet",
    "RecipesLayerArn": "arn:aws:lambda:eu-central-1:123456789012:layer:mine:3",
    "FetchHosts": "files.example.com",
    "FetchBuckets": "pictures,scans",
    "FetchKmsKeyArns": "arn:aws:kms:eu-central-1:123456789012:key/4567-0123",
    "BucketName": "left-by-another-stack",
    "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/0123-4567",
    "AlarmEmail": "people@example.com",
}
MODES: dict[str, Json] = {
    "neither": {},
    "SnapStart": {"SnapStart": "on"},
    "kept instances": {"WarmFunctions": 1},
}
CONTENTS = [*FUNCTIONS, *of_type("AWS::Serverless::LayerVersion")]


class Account:
    """What CloudFormation and Lambda do with one stack, deploy after deploy."""

    def __init__(self) -> None:
        self._published: dict[str, list[tuple[str, Json]]] = {}
        self._deployed = Resolved()

    def deploy(self, parameters: Json, uploads: dict[str, str]) -> None:
        """Bring the stack up to date. Lambda publishes no version of what has not changed."""
        self._deployed = Resolved(parameters, uploads)
        for name, version in self._deployed.of_type("AWS::Lambda::Version").items():
            made = self._published.setdefault(version["FunctionName"], [])
            identity = self._deployed._named(name)
            if made and made[-1][0] == identity:
                continue
            now = self.latest(version["FunctionName"])
            assert not made or made[-1][1] != now, "A version for this Lambda function exists"
            made.append((identity, now))

    def latest(self, function: str) -> Json:
        """Return a function as it would run unpublished."""
        return self._deployed.properties(function)

    def running(self, function: str) -> Json:
        """Return a function as it is called: by the gateway, a queue or the clock."""
        called = self._deployed.resources.get(f"{function.removesuffix('Function')}Integration")
        if called is None:
            return self.latest(function)
        name = f"{function.removesuffix('Function')}Integration"
        target = self._deployed.properties(name)["IntegrationUri"]
        if target == f"{function}.Arn":
            return self.latest(function)
        assert target == f"{function}Aliaslive"
        alias = self._deployed.properties(target)["FunctionVersion"].removesuffix(".Version")
        return dict(self._published[function])[alias]


def another(name: str) -> Any:
    """Return a value of a parameter that is not its default."""
    parameter = PARAMETERS[name]
    if among := parameter.get("AllowedValues"):
        return next(value for value in among if value != parameter["Default"])
    if parameter["Type"] == "Number":
        return parameter["Default"] + 1
    return OTHERS[name]


CHANGES = [
    *(pytest.param({name: another(name)}, {}, id=name) for name in PARAMETERS),
    *(pytest.param({}, {name: f"{name}-new"}, id=f"content of {name}") for name in CONTENTS),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("parameters", "uploads"), CHANGES)
def test_a_deploy_reaches_every_function(mode, parameters, uploads):
    account = Account()
    account.deploy(MODES[mode], {})

    account.deploy(MODES[mode] | parameters, uploads)

    for function in FUNCTIONS:
        assert account.running(function) == account.latest(function), function


@pytest.mark.parametrize("mode", MODES)
def test_a_change_that_is_taken_back_is_taken_back(mode):
    account = Account()

    for url in ("http://one", "http://two", "http://one"):
        account.deploy(MODES[mode] | {"LabelStudioUrl": url}, {})

        for function in FUNCTIONS:
            found = account.running(function)["Environment"]["Variables"]["LABEL_STUDIO_URL"]
            assert found == url


@pytest.mark.parametrize("mode", MODES)
def test_another_layer_of_recipes_with_the_same_number_is_another_one(mode):
    account = Account()
    for owner in ("123456789012:layer:mine", "123456789012:layer:ours", "210987654321:layer:ours"):
        arn = f"arn:aws:lambda:eu-central-1:{owner}:3"
        account.deploy(MODES[mode] | {"RecipesLayerArn": arn}, {})

        assert arn in account.running("PredictFunction")["Layers"]


def test_images_are_read_from_the_buckets_that_are_named():
    role = Resolved({"FetchBuckets": "pictures,scans"}).properties("RankFunctionRole")
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]

    assert {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::pictures/*", "arn:aws:s3:::scans/*"],
    } in statements


def test_images_are_decrypted_with_the_keys_that_are_named_and_with_none_by_default():
    keys = [f"arn:aws:kms:eu-central-1:123456789012:key/{n}" for n in ("one", "two")]
    named = Resolved({"FetchBuckets": "pictures", "FetchKmsKeyArns": ",".join(keys)})

    def uses(resolved: Resolved, function: str) -> list[Json]:
        role = resolved.properties(f"{function}Role")
        statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        return [one for one in statements if "kms:" in str(one["Action"])]

    for function in ("PredictFunction", "TrainFunction", "RankFunction"):
        (use,) = uses(named, function)
        assert (use["Action"], use["Resource"]) == ("kms:Decrypt", keys)
        assert uses(Resolved(), function) == []
    assert uses(named, "WebhookFunction") == uses(named, "SweepFunction") == []


@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("after", MODES)
def test_snapshots_and_kept_instances_can_be_turned_on_and_off(before, after):
    account = Account()
    account.deploy(MODES[before], {})
    account.deploy(MODES[after], {})
    account.deploy(MODES[after] | {"QuietSeconds": 5}, {})

    for function in FUNCTIONS:
        assert account.running(function) == account.latest(function)


@pytest.mark.parametrize("mode", MODES)
def test_a_deploy_of_the_same_publishes_nothing(mode):
    account = Account()
    account.deploy(MODES[mode], {})
    versions = {name: len(made) for name, made in account._published.items()}

    account.deploy(MODES[mode], {})

    assert {name: len(made) for name, made in account._published.items()} == versions


def test_the_longest_settings_fit_into_what_describes_them():
    """IAM takes 1,000 letters, Lambda 256."""
    longest = {
        name: "x" * parameter["MaxLength"] if "MaxLength" in parameter else str(another(name))
        for name, parameter in PARAMETERS.items()
    }
    longest |= {n: p["MaxValue"] for n, p in PARAMETERS.items() if "MaxValue" in p}
    longest |= {"SnapStart": "on", "Encoder": "x" * 64, "ImageEncoder": "x" * 64}
    layer = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer"
    longest |= {"BucketName": "x" * 63, "RecipesLayerArn": f"{layer}:{'x' * 64}:999999"}
    resolved = Resolved(longest)

    for settings in resolved.of_type("AWS::IAM::ManagedPolicy").values():
        names_the_other = "policy/" in settings["Description"]
        assert len(settings["Description"]) <= 1000 - len("x" * 128) * names_the_other
    for version in resolved.of_type("AWS::Lambda::Version").values():
        policy, *_ = version["Description"].split(" ")
        assert len(version["Description"]) - len(policy) < 256 - len(
            "arn:aws-us-gov:iam::123456789012:policy/" + "x" * 128
        )


def test_old_versions_are_not_left_behind():
    """AWS charges for the snapshot of every version."""
    for name, resource in Resolved().resources.items():
        if resource["Type"] == "AWS::Lambda::Version":
            assert resource["DeletionPolicy"] == "Delete", name
