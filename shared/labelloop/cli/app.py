"""The commands."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labelloop.cli import versions
from labelloop.cli.backfill import backfill, backfill_file
from labelloop.cli.backtest import Wanted, backtest
from labelloop.cli.command import command, end, end_with_version
from labelloop.cli.connect import Choices, connect
from labelloop.cli.credentials import show_credentials
from labelloop.cli.disconnect import disconnect
from labelloop.cli.doctor import examine
from labelloop.cli.forget import forget
from labelloop.cli.redrive import redrive
from labelloop.cli.repair import repair
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.cli.status import show_status
from labelloop.cli.watch import watch
from labelloop.errors import Rejected

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Connect Label Studio to Labelloop, and steer what it learns.",
)


@app.callback()
def _main(
    shows_version: Annotated[
        bool,
        typer.Option("--version", help="show the version and exit", callback=end_with_version),
    ] = False,
) -> None:
    pass


@command(app, "connect")
def _connect(
    session: Session,
    report: Report,
    stores_token: Annotated[
        bool,
        typer.Option(
            "--token-in-aws/--no-token", help="store the token in AWS, to push from there"
        ),
    ] = True,
    backfills: Annotated[
        bool, typer.Option("--backfill/--no-backfill", help="send the labels that exist already")
    ] = True,
) -> None:
    """Connect a project, or repair its connection. A second run changes nothing."""
    connect(session, Choices(stores_token, backfills), report)


@command(app, "credentials")
def _credentials(session: Session, report: Report) -> None:
    """Print the credentials that `connect` sets, to enter them in Label Studio by hand."""
    show_credentials(session, report)


@command(app, "disconnect")
def _disconnect(
    session: Session,
    report: Report,
    keep_sampling: Annotated[
        bool, typer.Option("--keep-sampling", help="leave the project's task sampling as it is")
    ] = False,
) -> None:
    """Remove Labelloop's ML backend and webhook from the project. What was learnt stays in AWS."""
    disconnect(session, keep_sampling, report)


@command(app, "doctor")
def _doctor(session: Session, report: Report) -> None:
    """Look for everything that is known to go wrong; each problem comes with its fix."""
    examine(session, report)


@command(app, "backfill")
def _backfill(
    session: Session,
    report: Report,
    file: Annotated[
        Path | None, typer.Option("--from", help="an export in the format JSON; default: the API")
    ] = None,
) -> None:
    """Send the labels that no webhook delivered. Sending a label twice changes nothing."""
    if file:
        sent = backfill_file(session, file, report)
    else:
        session.project  # noqa: B018 - a project that is not there is told of by name
        batches = iter(session.studio.api.export(session.project_id))
        sent = backfill(session, batches, report)
    report.data |= {"project": session.key} | sent
    report.say(f"{sent['annotations']:,} annotations of {sent['tasks']:,} tasks sent")


@command(app, "status")
def _status(session: Session, report: Report) -> None:
    """Show which version is served, how good it is, and which labels are usable."""
    show_status(session, report)


@command(app, "versions")
def _versions(session: Session, report: Report) -> None:
    """List the versions: date, labels, accuracy, whether served or refused, and why."""
    versions.show_versions(session, report)


@command(app, "doubts")
def _doubts(session: Session, report: Report) -> None:
    """List the labels that may be wrong, the most doubtful first."""
    versions.show_doubts(session, report)


@command(app, "activate")
def _activate(
    session: Session, report: Report, version: Annotated[str, typer.Argument(show_default=False)]
) -> None:
    """Serve this version, until newer labels bring a newer one."""
    versions.activate(session, report, version)


@command(app, "rollback")
def _rollback(session: Session, report: Report) -> None:
    """Serve the version before the active one."""
    versions.rollback(session, report)


@command(app, "pin")
def _pin(session: Session, report: Report) -> None:
    """Keep serving the active version. Labels are collected, but not learnt."""
    versions.pin(session, report)


@command(app, "unpin")
def _unpin(session: Session, report: Report) -> None:
    """Learn the labels that waited, and serve new versions again."""
    versions.unpin(session, report)


@command(app, "options")
def _options(
    session: Session,
    report: Report,
    strategy: Annotated[str | None, typer.Option(help="how tasks are chosen")] = None,
    deletes: Annotated[
        bool | None,
        typer.Option("--delete-predictions/--keep-predictions", help="those of older versions"),
    ] = None,
    resets: Annotated[bool, typer.Option("--reset", help="use the stack's settings")] = False,
) -> None:
    """Show the options of one project, or change them."""
    given = {"strategy": strategy, "delete_predictions": deletes}
    chosen = {name: value for name, value in given.items() if resets or value is not None}
    versions.choose_options(session, report, chosen)


@command(app, "repair")
def _repair(session: Session, report: Report) -> None:
    """Check what is stored, mend it, compare it with Label Studio, and rank again."""
    repair(session, report)


@command(app, "train")
def _train(session: Session, report: Report) -> None:
    """Learn the labels that wait now, without the quiet period."""
    versions.train(session, report)


@command(app, "rank")
def _rank(
    session: Session,
    report: Report,
    stays: Annotated[
        bool, typer.Option("--watch", help="push from here, for a Label Studio AWS can't reach")
    ] = False,
    head: Annotated[int, typer.Option(min=1, help="tasks pushed at once, with --watch")] = 1_000,
    every: Annotated[
        float, typer.Option(min=0.1, help="seconds between looks, with --watch")
    ] = 5.0,
    rounds: Annotated[int, typer.Option(min=0, help="looks before it ends; 0: never ends")] = 0,
) -> None:
    """Push the order of the tasks to Label Studio."""
    if stays:
        return watch(session, head, every, report, rounds)
    if not session.backend.get("/label-studio")["url"]:
        raise Rejected(
            "the deployment names no Label Studio to push an order to",
            "leave `labelloop rank --watch` running, or set the parameter LabelStudioUrl",
        )
    return versions.rank(session, report)


@app.command("forget")
def _forget(
    project: Annotated[str, typer.Option("--project", "-p", help="<id>.<created>, in full")],
    stack: Annotated[str, typer.Option(help="the CloudFormation stack")] = "labelloop",
    is_sure: Annotated[bool, typer.Option("--yes", help="delete; else only count")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Delete everything that is stored about a project, for good. Needs AWS rights."""
    report = Report(as_json)
    end(report, lambda: forget(project, stack, is_sure, report))


@app.command("redrive")
def _redrive(
    stack: Annotated[str, typer.Option(help="the CloudFormation stack")] = "labelloop",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Move dead letters back to their queues. Needs AWS rights."""
    report = Report(as_json)
    end(report, lambda: redrive(stack, report))


@app.command("backtest")
def _backtest(
    export: Annotated[Path, typer.Argument(help="an export in the format JSON")],
    text: Annotated[
        str,
        typer.Option(
            help="the field that holds the text; default: the field named like the choice's <Text>,"
            " else the field with the most text"
        ),
    ] = "",
    choice: Annotated[
        str, typer.Option(help="the choice to predict; default: the one with the most labels")
    ] = "",
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="a strategy to replay; may be given several times; default: all"),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(
            help="the folder of an encoder, or none; default: the one that `make build` made in the"
            " current folder, else none"
        ),
    ] = "",
    picture: Annotated[
        Path | None, typer.Option("--picture", help="draw the curves into a file: PNG, SVG, PDF")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=50, help="runs of each strategy")] = 3,
    labels: Annotated[
        int, typer.Option(min=20, help="most labels of a run; never more than half of the tasks")
    ] = 500,
    jobs: Annotated[
        int, typer.Option(min=1, help="runs at a time; default: the number of processors")
    ] = os.cpu_count() or 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="one JSON object on stdout, and nothing else")
    ] = False,
) -> None:
    """Replay a finished project: what each strategy would have saved. Needs no deployment."""
    report, only = Report(as_json), tuple(strategy or ())
    wanted = Wanted(export, text, choice, only, encoder, picture, seeds, labels, jobs)
    end(report, lambda: backtest(wanted, report))
