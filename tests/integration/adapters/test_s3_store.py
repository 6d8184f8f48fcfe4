"""What S3 answers when writers race and when it fails, injected below the store."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from labelloop.adapters.s3_store import S3Store
from labelloop.errors import Conflict, Unavailable


@pytest.fixture
def store(aws) -> S3Store:
    return S3Store(aws.bucket, boto3.client("s3"))


@pytest.fixture
def answer_with(store, monkeypatch):
    """Make S3 answer the next calls of an operation with errors, before they do anything."""

    def answer_with(operation: str, *codes: tuple[int, str]) -> None:
        left, real = list(codes), getattr(store._s3, operation)

        def answer(**request):
            if not left:
                return real(**request)
            status, code = left.pop(0)
            told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(told, operation)

        monkeypatch.setattr(store._s3, operation, answer)

    return answer_with


def test_a_write_that_met_another_under_way_is_tried_again(store, answer_with):
    answer_with(
        "put_object", (409, "ConditionalRequestConflict"), (409, "ConditionalRequestConflict")
    )

    store.create("a", b"1")

    assert store.get("a").body == b"1"


def test_a_write_that_keeps_meeting_others_is_a_conflict(store, answer_with):
    first = store.create("a", b"1")
    answer_with("put_object", *[(409, "ConditionalRequestConflict")] * 20)

    with pytest.raises(Conflict):
        store.replace("a", b"2", first)


@pytest.mark.parametrize(
    "answer", [(409, "ConditionalRequestConflict"), (412, "PreconditionFailed")]
)
def test_what_nobody_stored_is_no_conflict(store, answer_with, answer):
    """A snapshot that was refused so was pointed to all the same: the project was lost."""
    answer_with("put_object", *[answer] * 20)

    with pytest.raises(Unavailable):
        store.create("a", b"1")


def test_a_new_key_that_is_said_to_be_taken_and_is_free_is_tried_again(store, answer_with):
    answer_with("put_object", (412, "PreconditionFailed"))

    store.create("a", b"1")

    assert store.get("a").body == b"1"


def test_a_lost_answer_to_our_own_write_is_found_out(store, answer_with):
    first = store.create("a", b"1")
    second = store.replace("a", b"2", first)
    answer_with("put_object", (412, "PreconditionFailed"))

    assert store.replace("a", b"2", first) == second


def test_a_failing_store_is_unavailable(store, answer_with):
    answer_with("get_object", *[(503, "SlowDown")] * 20)

    with pytest.raises(Unavailable):
        store.get("a")


def test_a_store_that_does_not_answer_is_unavailable(store, monkeypatch):
    def hang(**_):
        raise ConnectTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(store._s3, "get_object", hang)

    with pytest.raises(Unavailable):
        store.get("a")


def test_an_error_that_a_person_must_mend_is_not_hidden(store, answer_with):
    answer_with("get_object", (403, "AccessDenied"))

    with pytest.raises(ClientError, match="AccessDenied"):
        store.get("a")


@pytest.fixture
def refuse_to_delete(store, monkeypatch):
    """Make S3 answer 200 and leave some keys of the next deletes, as it does one by one."""

    def refuse_to_delete(*answers: dict[str, str]) -> None:
        left, real = list(answers), store._s3.delete_objects

        def answer(Bucket: str, Delete: Any) -> Any:  # noqa: N803
            refused = left.pop(0) if left else {}
            taken = [one for one in Delete["Objects"] if one["Key"] not in refused]
            told = real(Bucket=Bucket, Delete={"Objects": taken}) if taken else {}
            errors = [{"Key": key, "Code": code} for key, code in refused.items()]
            return told | ({"Errors": errors} if errors else {})

        monkeypatch.setattr(store._s3, "delete_objects", answer)

    return refuse_to_delete


def test_what_a_batch_left_undeleted_is_tried_again(store, refuse_to_delete):
    for key in ("a", "b", "c"):
        store.create(key, b"1")
    refuse_to_delete({"a": "InternalError", "b": "SlowDown"}, {"b": "InternalError"})

    store.delete(["a", "b", "c"])

    assert not list(store.list(""))


def test_what_a_batch_goes_on_leaving_is_unavailable(store, refuse_to_delete):
    store.create("a", b"1")
    refuse_to_delete(*[{"a": "InternalError"}] * 20)

    with pytest.raises(Unavailable):
        store.delete(["a"])


def test_what_a_batch_may_not_delete_is_not_hidden(aws, store):
    """Told by S3 within an answer of 200; all else is deleted."""
    for key in ("kept", "other"):
        store.create(key, b"1")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    policy = {"Statement": [statement | {"Resource": f"arn:aws:s3:::{aws.bucket}/kept"}]}
    aws.s3.put_bucket_policy(Bucket=aws.bucket, Policy=json.dumps(policy))

    with pytest.raises(ClientError, match="AccessDenied"):
        store.delete(["kept", "other"])

    assert [one.key for one in store.list("")] == ["kept"]


def test_of_several_reasons_the_one_that_stays_is_told(store, refuse_to_delete):
    refuse_to_delete({"a": "InternalError", "b": "AccessDenied"})

    with pytest.raises(ClientError, match="AccessDenied"):
        store.delete(["a", "b"])
