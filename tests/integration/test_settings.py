"""Each parameter of the template is chosen once, and what works by it works by the choice.

The template is resolved as a deploy would, and what its functions get as variables is given to the
code. What the code does by its fields is tested beside each use case.
"""

from collections.abc import Callable
from typing import Any

import pytest

from labelloop import bootstrap
from labelloop.adapters.fetching import Fetcher
from labelloop.config import settings
from labelloop.errors import Unreadable
from tests.cloudformation import Resolved
from tests.test_deploys import OTHERS, another
from tests.test_template import PARAMETERS

type Seen = Callable[[Resolved], Any]


def of(name: str, *path: Any) -> Seen:
    """Return a function that finds a property of a resource; None where there is none."""

    def found(stack: Resolved) -> Any:
        value = stack.properties(name) if name in stack.resources else {}
        for part in path:
            try:
                value = value[part]
            except (LookupError, TypeError):
                return None
        return value

    return found


def of_all(type_: str, *path: Any) -> Seen:
    """Return a function that finds a property which is the same in all resources of a type."""

    def found(stack: Resolved) -> Any:
        values = {str(of(name, *path)(stack)) for name in stack.of_type(type_)}
        return values.pop() if len(values) == 1 else values

    return found


def settled(read: Callable[[], Any]) -> Seen:
    """Return a function that reads what the code works with."""
    return lambda _: read()


def refused(address: str) -> bool:
    """Say whether an address is refused because of where it is."""
    fetcher: Fetcher = bootstrap._fetcher()
    (answer,) = fetcher([address])
    return isinstance(answer, Unreadable) and "Fetch" in str(answer)


def in_both(field: str) -> Seen:
    """Return a function that reads what trainings and rankings work with."""

    def found(_: Resolved) -> Any:
        one = getattr(bootstrap.train_deps(), field)
        return one if getattr(bootstrap.rank_deps(), field) == one else None

    return found


RULE = "LifecycleConfiguration", "Rules", 0
# What works by each parameter, as the parameter's value.
SEEN: dict[str, Seen] = {
    "QuietSeconds": settled(lambda: bootstrap.accept_deps().quiet_s),
    "MaxWaitSeconds": settled(lambda: bootstrap.train_deps().patience.max_wait_s),
    "RetrainAfter": settled(lambda: bootstrap.train_deps().patience.retrain_after),
    "MinLabels": settled(lambda: bootstrap.train_deps().min_labels),
    "LabelStudioUrl": settled(lambda: settings().label_studio_url),
    "QueueLength": settled(lambda: bootstrap.rank_deps().queue_length),
    "SupersededPredictions": settled(
        lambda: "keep" if bootstrap.rank_deps().keeps_predictions else "delete"
    ),
    "BlindShare": lambda stack: {True: "on", False: "off"}[in_both("is_blind")(stack)],
    "Strategy": in_both("strategy"),
    "Encoder": settled(lambda: "none" if bootstrap.encoder_files() is None else "some"),
    "ImageEncoder": lambda stack: (
        "efficientnet" if "-image-encoder" in str(of("RankFunction", "Layers")(stack)) else "none"
    ),
    "FetchHosts": settled(
        lambda: "" if refused("https://files.example.com/a.png") else "files.example.com"
    ),
    "FetchBuckets": settled(lambda: "" if refused("s3://scans/a.png") else "pictures,scans"),
    "FetchKmsKeyArns": lambda stack: (
        OTHERS["FetchKmsKeyArns"]
        if OTHERS["FetchKmsKeyArns"] in str(stack.properties("RankFunctionRole"))
        else ""
    ),
    "CredentialsParameter": of("FirstCredentials", "Name"),
    "LabelStudioTokenParameter": settled(lambda: bootstrap.token()._name),
    "KmsKeyArn": settled(lambda: bootstrap.token()._key.get("KeyId")),
    "KeepModels": settled(lambda: bootstrap.sweep_deps().keep_models),
    "BucketName": settled(lambda: settings().bucket),
    "LogLevel": of_all("AWS::Lambda::Function", "Environment", "Variables", "POWERTOOLS_LOG_LEVEL"),
    "SnapStart": lambda stack: (
        "on" if of("PredictFunction", "SnapStart", "ApplyOn")(stack) == "PublishedVersions" else ""
    ),
    "WarmFunctions": of_all(
        *("AWS::Lambda::Alias", "ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
    ),
    "Trainers": of_all("AWS::Lambda::EventSourceMapping", "ScalingConfig", "MaximumConcurrency"),
    "RecipesLayerArn": of("TrainFunction", "Layers", 1),  # behind that for training
    "KeepVersionsDays": lambda stack: (
        of("Bucket", "VersioningConfiguration")(stack)
        and of("Bucket", *RULE, "NoncurrentVersionExpiration", "NoncurrentDays")(stack)
    ),
    "Architecture": of_all("AWS::Lambda::Function", "Architectures", 0),
    "LogRetentionDays": of_all("AWS::Logs::LogGroup", "RetentionInDays"),
    "AlarmEmail": of("AlarmSubscription", "Endpoint"),
    "DailyCostLimit": of("CostAlarm", "Threshold"),
    "Dashboard": lambda stack: "on" if stack.of_type("AWS::CloudWatch::Dashboard") else "off",
}


def test_each_parameter_is_chosen_here():
    assert set(SEEN) == set(PARAMETERS)


@pytest.fixture
def deploy(aws, monkeypatch) -> Callable[..., Resolved]:
    """Give the code the variables that a deploy with these parameters gives to its functions."""

    def deploy(**parameters: Any) -> Resolved:
        stack = Resolved({"Encoder": "none"} | parameters)
        variables = stack.properties("TrainFunction")["Environment"]["Variables"]
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        if "BucketName" not in parameters:
            monkeypatch.setenv("BUCKET", aws.bucket)
        monkeypatch.setenv("TRAIN_QUEUE_URL", aws.queue_url)
        monkeypatch.setenv("RANK_QUEUE_URL", aws.queue_url.replace("train", "rank"))
        return stack

    return deploy


@pytest.mark.parametrize("name", SEEN)
def test_what_is_chosen_is_what_works(name, deploy, cold_start):
    value = another(name)

    assert str(SEEN[name](deploy(**{name: value}))) == str(value)
    cold_start()
    assert str(SEEN[name](deploy())) != str(value) or name == "Encoder"  # its layer is not built
