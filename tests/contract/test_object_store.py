"""One suite, run on the fake and on S3 in moto, so that the fake can be believed."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from labelloop.adapters.s3_store import S3Store
from labelloop.adapters.signed_aws import SignedS3
from labelloop.errors import Conflict
from labelloop.ports import ObjectStore
from tests.fakes import MemoryStore


class WithoutBoto3(SignedS3):
    """Reads and writes without boto3, and leaves it the calls that no answer waits for."""

    def __getattr__(self, operation):
        return getattr(boto3.client("s3"), operation)


@pytest.fixture(params=["memory", "boto3", "signed"])
def any_store(request) -> ObjectStore:
    if request.param == "memory":
        return MemoryStore(lambda: datetime.now(UTC))
    aws = request.getfixturevalue("aws")
    return S3Store(aws.bucket, WithoutBoto3() if request.param == "signed" else None)


def test_an_object_that_does_not_exist_is_none(any_store):
    assert any_store.get("a") is None
    assert any_store.get_changed("a", '"1"') is None


def test_a_created_object_is_read_back_with_its_tag(any_store):
    etag = any_store.create("a", b"1")

    stored = any_store.get("a")

    assert (stored.body, stored.etag) == (b"1", etag)


def test_creating_over_other_bytes_is_a_conflict_and_changes_nothing(any_store):
    any_store.create("a", b"1")

    with pytest.raises(Conflict):
        any_store.create("a", b"2")

    assert any_store.get("a").body == b"1"


def test_creating_the_same_bytes_again_is_our_own_write_seen_twice(any_store):
    assert any_store.create("a", b"1") == any_store.create("a", b"1")


def test_replacing_needs_the_newest_tag(any_store):
    first = any_store.create("a", b"1")
    any_store.replace("a", b"2", first)

    with pytest.raises(Conflict):
        any_store.replace("a", b"3", first)

    assert any_store.get("a").body == b"2"


def test_replacing_what_already_holds_our_bytes_is_our_own_write_seen_twice(any_store):
    first = any_store.create("a", b"1")

    assert any_store.replace("a", b"2", first) == any_store.replace("a", b"2", first)


def test_replacing_what_does_not_exist_is_a_conflict(any_store):
    with pytest.raises(Conflict):
        any_store.replace("a", b"1", '"0"')


def test_only_a_changed_object_is_read_again(any_store):
    first = any_store.create("a", b"1")
    assert any_store.get_changed("a", first) is None

    any_store.replace("a", b"2", first)

    assert any_store.get_changed("a", first).body == b"2"


def test_a_listing_goes_by_key_and_tells_the_time_in_seconds(any_store):
    for key in ("p/b", "p/a", "q/c"):
        any_store.create(key, b"1")

    listed = list(any_store.list("p/"))

    assert [one.key for one in listed] == ["p/a", "p/b"]
    assert all(one.stored_at.microsecond == 0 for one in listed)
    assert datetime.now(UTC) - listed[0].stored_at < timedelta(minutes=1)


def test_a_listing_has_no_end_at_a_thousand(any_store):
    for number in range(1_001):
        any_store.create(f"p/{number:04d}", b"")

    assert len(list(any_store.list("p/"))) == 1_001


def test_folders_are_named_once_each(any_store):
    for key in ("p/1/a", "p/1/b", "p/2/a"):
        any_store.create(key, b"1")

    assert list(any_store.folders("p/")) == ["1", "2"]


def test_deleting_takes_any_number_and_forgives_missing_ones(any_store):
    any_store.create("a", b"1")

    any_store.delete(["a", *(f"missing-{number}" for number in range(1_000))])

    assert any_store.get("a") is None
