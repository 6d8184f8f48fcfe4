"""The object store on S3, with its conditional writes (If-None-Match, If-Match)."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from labelloop.adapters.aws_clients import client_of
from labelloop.adapters.aws_errors import PASSING, code_of, unavailable_if_passing
from labelloop.errors import Conflict, Unavailable
from labelloop.ports import Listed, Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_DELETED_AT_ONCE: Final = 1_000
_ATTEMPTS: Final = 4
_RACES: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


class S3Store:
    """Objects of one bucket."""

    def __init__(self, bucket: str, client: Any = None) -> None:
        self._bucket = bucket
        self._s3: S3Client = client or client_of("s3")

    def get(self, key: str) -> Stored | None:
        """Return an object, None if there is none."""
        return self._get(Key=key)

    def get_changed(self, key: str, etag: str) -> Stored | None:
        """Return an object; None if it still has that tag or does not exist."""
        return self._get(Key=key, IfNoneMatch=etag)

    def create(self, key: str, body: bytes) -> str:
        """Store a new object, return its tag; Conflict if the key already holds other bytes."""
        return self._put(key, body, {"IfNoneMatch": "*"})

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Overwrite the object with that tag, return the new tag; Conflict if it has another."""
        return self._put(key, body, {"IfMatch": etag})

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that don't exist are no error."""
        for batch in batched(keys, _MOST_DELETED_AT_ONCE, strict=False):
            with unavailable_if_passing():
                self._delete(batch)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects whose key starts with a prefix, by key."""
        for page in self._pages(Prefix=prefix):
            for row in page.get("Contents", []):
                yield Listed(row["Key"], row["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right below a prefix that ends with a slash."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for row in page.get("CommonPrefixes", []):
                yield row["Prefix"].removeprefix(prefix).removesuffix("/")

    def _get(self, **request: Any) -> Stored | None:
        with unavailable_if_passing():
            try:
                answer = self._s3.get_object(Bucket=self._bucket, **request)
                return Stored(answer["Body"].read(), answer["ETag"])
            except ClientError as exc:
                if code_of(exc) in ("NoSuchKey", "304"):
                    return None
                raise

    def _put(self, key: str, body: bytes, condition: dict[str, Any]) -> str:
        """Write an object under a condition, return its tag; Conflict if another write won.

        The winner may be our own earlier try, if its answer got lost: the stored bytes show that. A
        409 means that another write was under way, whatever its outcome: try again. Also try again
        if S3 refuses a new key but there is no object, since callers rely on a Conflict to mean
        that the object exists.
        """
        for _ in range(_ATTEMPTS):
            with unavailable_if_passing():
                try:
                    new = self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
                    return new["ETag"]
                except ClientError as exc:
                    if code_of(exc) not in _RACES:
                        raise
                    stored, code = self.get(key), code_of(exc)
                    if stored and stored.body == body:
                        return stored.etag
                    is_lost = stored is not None or "IfMatch" in condition
                    if is_lost and code != "ConditionalRequestConflict":
                        raise Conflict(key) from exc
        if is_lost:
            raise Conflict(key)
        raise Unavailable("S3 stored nothing, and did not say why")

    def _delete(self, keys: Iterable[str]) -> None:
        """Delete up to 1,000 objects. S3 answers 200 and lists what it did not delete."""
        for _ in range(_ATTEMPTS):
            objects: Any = [{"Key": key} for key in keys]
            request: Any = {"Objects": objects, "Quiet": True}
            errors = self._s3.delete_objects(Bucket=self._bucket, Delete=request).get("Errors", [])
            if not errors:
                return
            # Report an error that is not temporary, if there is one.
            error: Any = min(errors, key=lambda each: each.get("Code") in PASSING)
            if error.get("Code") not in PASSING:
                break
            keys = [each["Key"] for each in errors]
        raise ClientError({"Error": error}, "DeleteObjects")

    def _pages(self, **request: Any) -> Iterator[Any]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **request)
        with unavailable_if_passing():
            yield from pages
