"""Delete everything that is stored for a project: events, labels, texts, models, predictions.

It needs a person's own AWS rights: no function is allowed to delete datasets or models.
"""

import sys
from collections.abc import Iterator
from itertools import batched
from typing import Annotated, Any, Final

import typer

from labelloop.bucket.objects import PROJECTS
from labelloop.cli import aws
from labelloop.cli.command import Stack, ended
from labelloop.cli.report import Report
from labelloop.domain.project_key import is_project_key
from labelloop.errors import NotFound, Rejected

_AT_ONCE: Final = 1_000  # the most that S3 deletes in one request
_ROUNDS: Final = 3  # functions may store more objects meanwhile


def forget(
    project: Annotated[str, typer.Option("--project", "-p", help="<id>.<created>, in full")],
    stack: Stack = "labelloop",
    is_sure: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Delete everything that is stored about a project, for good. Needs AWS rights."""
    with ended(Report(as_json)) as report:
        _forget(project, stack, is_sure, report)


def _forget(project: str, stack: str, is_sure: bool, report: Report) -> None:
    """Delete a project's objects and their older versions; report how many."""
    if not is_project_key(project):
        message = "give the project's key in full, as --project 38.1795398621"
        raise Rejected(message, "`labelloop status` shows it")
    command = f"labelloop forget --project {project} --stack {stack} --yes"
    with aws.errors_explained(stack, command):
        session = aws.session()
        bucket = aws.outputs(session, stack)["BucketName"]
        s3, prefix = session.client("s3"), f"{PROJECTS}{project}/"
        count = sum(1 for _ in _versions(s3, bucket, prefix))
        report.data |= {"project": project, "objects": count, "deleted": False}
        if not count:
            raise NotFound(f"nothing is stored of project {project}")
        if not (is_sure or _confirmed(f"{count:,} objects of project {project}", report)):
            message = f"{count:,} objects of project {project} would be deleted for good"
            raise Rejected(f"{message}; nothing was", command)
        for _ in range(_ROUNDS):
            _delete(s3, bucket, prefix)
    report.data["deleted"] = True
    report.say(f"{count:,} objects deleted; the next event from Label Studio starts it anew")
    report.say("run `labelloop disconnect` to stop those events; logs hold no texts or labels")


def _confirmed(what: str, report: Report) -> bool:
    """Ask a person at a terminal whether to delete; False where there is none."""
    if report.as_json or not sys.stdin.isatty():
        return False
    return typer.confirm(f"Delete {what}, labels and models too, for good?", err=True)


def _delete(s3: Any, bucket: str, prefix: str) -> None:
    for batch in batched(_versions(s3, bucket, prefix), _AT_ONCE, strict=False):
        request = {"Objects": list(batch), "Quiet": True}
        if errors := s3.delete_objects(Bucket=bucket, Delete=request).get("Errors"):
            code, key = errors[0].get("Code"), errors[0].get("Key")
            raise Rejected(
                f"S3 did not delete {len(errors):,} objects; it answered {code} for {key}"
            )


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    """Yield all versions of all objects, and their delete markers."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for version in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield {"Key": version["Key"], "VersionId": version["VersionId"]}
