"""Delete everything that is stored for a project: events, labels, texts, models, predictions.

It needs a person's own AWS rights: no function is allowed to delete all of a project.
"""

import sys
import time
from collections.abc import Iterator
from itertools import batched
from typing import Annotated, Any, Final

import typer

from labelloop.bucket.lease import TRAINER
from labelloop.bucket.objects import PROJECTS
from labelloop.bucket.project import Project
from labelloop.cli import aws
from labelloop.cli.command import AsJson, Stack, ended
from labelloop.cli.report import Report
from labelloop.domain.project_key import is_project_key
from labelloop.errors import NotFound, Rejected
from labelloop.ports import ObjectStore

_AT_ONCE: Final = 1_000  # the most that S3 deletes in one request
_ROUNDS: Final = 3  # functions may store more objects meanwhile
_LATER: Final = "run `labelloop disconnect`, and this again in some minutes"


def forget(
    project: Annotated[str, typer.Option("--project", "-p", help="<id>.<created>, in full")],
    stack: Stack = "labelloop",
    is_sure: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False,
    as_json: AsJson = False,
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
        from labelloop.adapters.s3_store import S3Store

        count = sum(1 for _ in _versions(s3, bucket, prefix))
        report.data |= {"project": project, "objects": count, "deleted": False}
        if not count:
            raise NotFound(f"nothing is stored of project {project}")
        if not (is_sure or _confirmed(f"{count:,} objects of project {project}", report)):
            message = f"{count:,} objects of project {project} would be deleted for good"
            raise Rejected(f"{message}; nothing was", command)
        if _is_training(S3Store(bucket, s3), project):
            raise Rejected(f"a training of project {project} would store labels again", _LATER)
        for _ in range(_ROUNDS):
            _delete(s3, bucket, prefix)
    report.data["deleted"] = True
    report.say(f"{count:,} objects deleted; the next event from Label Studio starts it anew")
    report.say("run `labelloop disconnect` to stop those events; logs hold no texts or labels")


def _is_training(store: ObjectStore, project: str) -> bool:
    lease = Project(store, project).lease(TRAINER)
    return lease.working_since(time.time()) is not None


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
