"""The commands. The module of each job defines what the command does, its options and its help."""

from typing import Annotated

import typer

from labelloop.cli import versions
from labelloop.cli.backfill import send_labels
from labelloop.cli.backtest import backtest
from labelloop.cli.command import add, end_with_version
from labelloop.cli.connect import connect
from labelloop.cli.credentials import show_credentials
from labelloop.cli.disconnect import disconnect
from labelloop.cli.doctor import examine
from labelloop.cli.forget import forget
from labelloop.cli.rank import rank
from labelloop.cli.redrive import redrive
from labelloop.cli.repair import repair
from labelloop.cli.status import show_status

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Connect Label Studio to Labelloop, and manage what it learns.",
)


@app.callback()
def _main(
    shows_version: Annotated[
        bool,
        typer.Option("--version", help="show the version and exit", callback=end_with_version),
    ] = False,
) -> None:
    pass


add(app, "connect", connect)
add(app, "credentials", show_credentials)
add(app, "disconnect", disconnect)
add(app, "doctor", examine)
add(app, "backfill", send_labels)
add(app, "status", show_status)
add(app, "versions", versions.show_versions)
add(app, "doubts", versions.show_doubts)
add(app, "activate", versions.activate)
add(app, "rollback", versions.rollback)
add(app, "pin", versions.pin)
add(app, "unpin", versions.unpin)
add(app, "options", versions.choose_options)
add(app, "repair", repair)
add(app, "train", versions.train)
add(app, "rank", rank)
app.command("forget")(forget)  # these need no session
app.command("redrive")(redrive)
app.command("backtest")(backtest)
