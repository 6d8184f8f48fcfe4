"""Push the order of the tasks to Label Studio: from AWS, or from this machine."""

from typing import Annotated

import typer

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.cli.watch import watch
from labelloop.errors import Rejected


def rank(
    session: Session,
    report: Report,
    watches: Annotated[
        bool, typer.Option("--watch", help="push from here, for a Label Studio AWS can't reach")
    ] = False,
    queue_length: Annotated[
        int,
        typer.Option(
            "--queue-length", "--head", min=1, help="tasks in the queue that --watch pushes"
        ),
    ] = 1_000,
    every: Annotated[
        float, typer.Option(min=0.1, help="seconds between looks, with --watch")
    ] = 5.0,
    rounds: Annotated[
        int, typer.Option(min=0, help="looks before it ends, with --watch; 0: it never ends")
    ] = 0,
) -> None:
    """Push the order of the tasks to Label Studio."""
    if watches:
        return watch(session, queue_length, every, report, rounds)
    if not session.backend.get("/label-studio")["url"]:
        raise Rejected(
            "the deployment names no Label Studio to push an order to",
            "leave `labelloop rank --watch` running, or set the parameter LabelStudioUrl",
        )
    report.data |= {"project": session.key} | session.backend.post("/rank", project=session.key)
    return report.say("a ranking is on its way")
