"""Who may do what: the template's rights, one by one, and the checks that may be passed over."""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation import Resolved
from tests.test_template import FUNCTIONS, RESOURCES, of_type, statements

ROOT = Path(__file__).parents[1]
BUCKET, OBJECTS = "Bucket", "Bucket/projects/*"
ENCODERS = "Bucket/encoders"
IMAGES = "FetchBuckets"  # if any is named
CREDENTIALS, TOKEN = "ssm:CredentialsParameter", "ssm:LabelStudioTokenParameter"
WITH_KEY = {"kms:Decrypt": {"KmsKeyArn"}, "kms:GenerateDataKey": {"KmsKeyArn"}}  # if there is one

READS_IMAGES = {**WITH_KEY, "kms:Decrypt": {"KmsKeyArn", "FetchKmsKeyArns"}}  # if there are any

# All that a function may do, and to what. Whoever adds a right adds it here, and thinks.
ALLOWED: dict[str, dict[str, set[str]]] = {
    "WebhookFunction": {
        **WITH_KEY,
        "s3:ListBucket": {BUCKET},
        "s3:GetObject": {f"{OBJECTS}/{n}" for n in ("active.json", "options.json", "events/*")},
        "s3:PutObject": {f"{OBJECTS}/{n}" for n in ("options.json", "events/*")},
        "sqs:SendMessage": {"TrainQueue"},
        "ssm:GetParameter": {CREDENTIALS},
    },
    "PredictFunction": {
        **READS_IMAGES,
        "s3:ListBucket": {BUCKET},
        "s3:GetObject": {OBJECTS, f"{ENCODERS}/*", IMAGES},
        "s3:PutObject": {
            f"{OBJECTS}/{name}"
            for name in (
                *("active.json", "history/*", "options.json", "events/*"),
                *("pool/sent-*", "pool.json"),
            )
        },
        "sqs:SendMessage": {"TrainQueue", "RankQueue"},
        "ssm:GetParameter": {CREDENTIALS, TOKEN},
        "ssm:PutParameter": {TOKEN},
        "kms:Encrypt": {"KmsKeyArn"},
    },
    "TrainFunction": {
        **READS_IMAGES,
        "s3:ListBucket": {BUCKET},
        "s3:GetObject": {OBJECTS, f"{ENCODERS}/*", IMAGES},
        "s3:PutObject": {OBJECTS},
        "s3:DeleteObject": {f"{OBJECTS}/events/*"},
        "sqs:SendMessage": {"RankQueue"},
        "ssm:GetParameter": {TOKEN},
    },
    "RankFunction": {
        **READS_IMAGES,
        "s3:ListBucket": {BUCKET},
        "s3:GetObject": {OBJECTS, f"{ENCODERS}/*", IMAGES},
        "s3:PutObject": {
            f"{OBJECTS}/{name}"
            for name in (
                *("pool/*", "pool.json", "pool-index.gz", "features/*", "archived.json"),
                *("survey.json", "events/*"),
                *("ranks/*", "ranked.json", "ordered.json", "pushing.json", "trimming.json"),
                "spent/*",
            )
        },
        "s3:DeleteObject": {f"{OBJECTS}/ranks/*"},
        "sqs:SendMessage": {"RankQueue", "TrainQueue"},
        "ssm:GetParameter": {TOKEN},
    },
    "CredentialsFunction": {"ssm:PutParameter": {CREDENTIALS}},
    "SweepFunction": {
        **WITH_KEY,
        "s3:ListBucket": {BUCKET},
        "s3:GetObject": {
            f"{OBJECTS}/{name}"
            for name in (
                *("dataset.json", "datasets/*", "active.json", "ranked.json", "options.json"),
                *("events/*", "archived.json", "survey.json", "pool/*", "pool.json"),
                *("pool-index.gz", "ranks/*", "gate.json", "repair.json", "deleted.json"),
                "models/*/card.json",
            )
        }
        | {f"{ENCODERS}/*/encoder.json", "Bucket/sweep.json"},
        "s3:PutObject": {
            f"{OBJECTS}/{name}"
            for name in (
                *("events/*", "archived.json", "survey.json", "pool/*", "pool.json"),
                *("pool-index.gz", "models/*/expired.json", "deleted.json"),
                "features/*/expired.json",
            )
        }
        | {"Bucket/sweep.json"},
        "s3:DeleteObject": {
            f"{OBJECTS}/{name}/*"
            for name in ("models", "datasets", "features", "history", "quarantine", "imports")
        },
        "sqs:SendMessage": {"TrainQueue", "RankQueue"},
        "ssm:GetParameter": {TOKEN},
    },
}
PRUNES = "SweepFunction"  # alone deletes what versions were and learnt: see usecases/prune.py
DELETES = {"s3:DeleteObject", "s3:DeleteObjectVersion"}
(POLICY,) = of_type("AWS::S3::BucketPolicy").values()
DENIALS = POLICY["PolicyDocument"]["Statement"]


def named(resource: dict[str, Any]) -> str:
    """Return a resource's short name, as the list above writes it."""
    ((function, target),) = resource.items()
    if function == "Fn::Split":
        parted = target[1]
        return str(
            parted["Ref"] if "Ref" in parted else parted["Fn::Sub"][1]["Names"]["Fn::If"][2]["Ref"]
        )
    if isinstance(target, list):
        return f"ssm:{target[1]['Name']['Fn::If'][1]['Ref']}"
    whole = str(target).replace("${BucketArn.Value}", BUCKET)
    return BUCKET if whole == "BucketArn.Value" else whole.removesuffix(".Arn")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_exactly_the_rights_of_the_list(function):
    rights: dict[str, set[str]] = {}
    for actions, resources in statements(function):
        for action in actions:
            rights.setdefault(action, set()).update(map(named, resources))

    assert rights == ALLOWED[function]


def test_who_moves_the_password_may_read_the_parameter_it_was_in_and_the_one_it_comes_to():
    """By a policy that a new name replaces: the old one is deleted once the update is done."""
    policy = of_type("AWS::IAM::ManagedPolicy")["CredentialsReading"]
    read, decrypt = policy["PolicyDocument"]["Statement"]

    assert policy["Roles"] == [{"Ref": "CredentialsFunctionRole"}]
    assert (read["Action"], named(read["Resource"])) == ("ssm:GetParameter", CREDENTIALS)
    condition, statement, _ = decrypt["Fn::If"]
    assert condition == "HasKey"
    assert (statement["Action"], named(statement["Resource"])) == ("kms:Decrypt", "KmsKeyArn")
    assert RESOURCES["FirstCredentials"]["DependsOn"] == "CredentialsReading"
    for name in ("/one", "/two"):
        made = Resolved({"CredentialsParameter": name}).properties("CredentialsReading")
        assert made["Description"] == name  # which can't be changed, so the policy is replaced


USE_THE_BUCKET = [name for name, may in ALLOWED.items() if any("s3:" in one for one in may)]


@pytest.mark.parametrize("function", ["PredictFunction", "TrainFunction", "RankFunction"])
def test_keys_of_other_buckets_decrypt_their_objects_and_nothing_else(function):
    written = [
        one["Fn::If"]
        for policy in FUNCTIONS[function]["Policies"]
        for one in policy["Statement"]
        if "FetchKmsKeyArns" in str(one)
    ]

    ((condition, statement, _),) = written
    assert condition == "FetchesWithKeys"
    assert statement["Condition"] == {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}


def test_each_function_has_a_role_of_its_own():
    assert set(ALLOWED) == set(FUNCTIONS)
    assert not any("Role" in function for function in FUNCTIONS.values())  # SAM makes one for each
    assert not of_type("AWS::IAM::Role")


def is_denied(key: str, **headers: bool) -> bool:
    """Say whether the bucket's policy denies a write, as AWS evaluates it, over TLS."""
    request = {"s3:if-none-match": False, "s3:if-match": False} | {
        f"s3:{name.replace('_', '-')}": sent for name, sent in headers.items()
    }
    for statement in DENIALS:
        if statement["Action"] != "s3:PutObject":
            continue
        resources = statement["Resource"]
        targets = map(named, resources if isinstance(resources, list) else [resources])
        lacks_all = all(
            not request[name] for name, null in statement["Condition"]["Null"].items() if null
        )
        if lacks_all and any(fnmatchcase(f"{BUCKET}/{key}", target) for target in targets):
            return True
    return False


@pytest.mark.parametrize(
    "name",
    [
        *("events/name", "datasets/name", "models/name", "history/name", "quarantine/name"),
        *("pool/name.jsonl.gz", "ranks/1-aaaaaaaa/name"),
    ],
)
def test_what_is_written_once_cannot_be_overwritten(name):
    key = f"projects/38.1795398621/{name}"

    assert is_denied(key)
    assert is_denied(key, if_match=True)
    assert not is_denied(key, if_none_match=True)


@pytest.mark.parametrize(
    "name",
    [
        *("active.json", "dataset.json", "lease.json", "options.json"),
        *("features/2-minilm/labelled.npz", "features/2-minilm/pool/name-1a2b3c4d.npz"),
    ],
)
def test_what_changes_can_be_swapped_and_not_overwritten(name):
    key = f"projects/38.1795398621/{name}"

    assert is_denied(key)
    assert not is_denied(key, if_match=True)
    assert not is_denied(key, if_none_match=True)


def test_the_functions_are_bound_and_people_may_restore_a_copy():
    bound = [one for one in DENIALS if one["Sid"] != "OnlyOverTls"]

    assert len(bound) == 3
    for one in bound:
        assert (one["Effect"], one["Principal"]) == ("Deny", "*")
        roles = map(named, one["Condition"]["ArnEquals"]["aws:PrincipalArn"])
        bound_ones = set(USE_THE_BUCKET) - ({PRUNES} if one["Sid"] == "KeptByFunctions" else set())
        assert sorted(roles) == sorted(f"{function}Role" for function in bound_ones)


def test_a_denied_write_is_one_that_makes_an_object():
    """Else parts of an upload would be denied too, which carry no such header."""
    writes = [one["Condition"] for one in DENIALS if one["Action"] == "s3:PutObject"]

    assert len(writes) == 2
    for condition in writes:
        assert condition["Bool"] == {"s3:ObjectCreationOperation": "true"}
        assert set(condition["Null"].values()) == {"true"}


def deleted_by(function: str) -> set[str]:
    """Return the keys that a function may delete, as patterns."""
    return {
        named(resource)
        for actions, resources in statements(function)
        if any(fnmatchcase(one, action) for action in actions for one in DELETES)
        for resource in resources
    }


@pytest.mark.parametrize("function", FUNCTIONS.keys() - {PRUNES})
@pytest.mark.parametrize(
    "name",
    [
        "models/00000007-0a1b2c3d/model.onnx",
        "models/00000007-0a1b2c3d/card.json",
        "datasets/00000007-" + "0" * 64 + ".jsonl.gz",
    ],
)
def test_no_other_function_may_delete_a_model_or_a_dataset(function, name):
    key = f"{BUCKET}/projects/38.1795398621/{name}"

    assert not any(fnmatchcase(key, pattern) for pattern in deleted_by(function))


def test_the_bucket_keeps_models_and_datasets_from_every_function():
    """Also from one that is given the right to delete by mistake, or by hand."""
    (kept,) = (one for one in DENIALS if one["Action"] == sorted(DELETES))

    assert set(map(named, kept["Resource"])) == {f"{OBJECTS}/datasets/*", f"{OBJECTS}/models/*"}
    assert set(kept["Condition"]) == {"ArnEquals"}


def test_every_check_that_is_passed_over_has_a_reason():
    skips = re.findall(r"^  - CKV\w+(.*)$", (ROOT / ".checkov.yaml").read_text(), re.MULTILINE)
    bandits = re.findall(r'^    "B\d+",(.*)$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert skips
    assert bandits
    assert all(re.fullmatch(r" # \w.{10,}", reason) for reason in [*skips, *bandits])
