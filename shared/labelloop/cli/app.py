"""The commands. The module of each job defines what the command does, its options and its help."""

from typing import Annotated

import typer

from labelloop.cli import encoder, model, recipe, versions
from labelloop.cli.backfill import send_labels
from labelloop.cli.backtest import backtest
from labelloop.cli.command import add, add_plain, end_with_version
from labelloop.cli.connect import connect
from labelloop.cli.cost import show_cost
from labelloop.cli.credentials import show_credentials
from labelloop.cli.disconnect import disconnect
from labelloop.cli.doctor import examine
from labelloop.cli.export import export
from labelloop.cli.forget import forget
from labelloop.cli.from_backend import from_backend
from labelloop.cli.logs import show_logs
from labelloop.cli.open_page import open_page
from labelloop.cli.rank import rank
from labelloop.cli.redrive import redrive
from labelloop.cli.repair import repair
from labelloop.cli.status import show_status
from labelloop.cli.tune import tune

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Connect Label Studio to Labelloop, and manage what it learns.",
    epilog="Exit codes: 0 done, 1 failed (the message says what to do), 2 a wrong command line.",
)


@app.callback()
def _main(
    shows_version: Annotated[
        bool,
        typer.Option("--version", help="show the version and exit", callback=end_with_version),
    ] = False,
) -> None:
    pass


# With a session of the deployed API and Label Studio.
add(app, "connect", connect, "labelloop connect --project 38")
add(app, "credentials", show_credentials, "labelloop credentials --project 38")
add(app, "disconnect", disconnect, "labelloop disconnect --project 38")
add(app, "doctor", examine, "labelloop doctor --project 38")
add(app, "backfill", send_labels, "labelloop backfill --project 38 --from export.json")
add(app, "status", show_status, "labelloop status --project 38 --watch")
add(app, "open", open_page, "labelloop open 38")
add(app, "versions", versions.show_versions, "labelloop versions --project 38 --json")
add(app, "doubts", versions.show_doubts, "labelloop doubts --project 38")
add(app, "activate", versions.activate, "labelloop activate 7-0a1b2c3d --project 38")
add(app, "rollback", versions.rollback, "labelloop rollback --project 38")
add(app, "pin", versions.pin, "labelloop pin --project 38")
add(app, "unpin", versions.unpin, "labelloop unpin --project 38")
add(app, "options", versions.choose_options, "labelloop options --project 38 --strategy entropy")
add(app, "repair", repair, "labelloop repair --project 38")
add(app, "tune", tune, "labelloop tune export.json --project 38")
add(app, "train", versions.train, "labelloop train --project 38")
add(app, "rank", rank, "labelloop rank --project 38 --watch")
# With AWS, or with nothing.
add_plain(app, "logs", show_logs, "labelloop logs --since 2h --errors")
add_plain(app, "cost", show_cost, "labelloop cost --month 2026-11")
add_plain(app, "export", export, "labelloop export 38 model --to model-of-38")
add_plain(app, "forget", forget, "labelloop forget --project 38.1795398621")
add_plain(app, "redrive", redrive, "labelloop redrive --stack labelloop")
add_plain(app, "backtest", backtest, "labelloop backtest export.json --picture curve.png")

recipes = typer.Typer(no_args_is_help=True, help="Recipes of your own, for what you label.")
add_plain(recipes, "new", recipe.new_recipe, "labelloop recipe new sentiment")
add_plain(
    recipes, "from-backend", from_backend, "labelloop recipe from-backend my_backend/model.py"
)
add_plain(recipes, "check", recipe.check, "labelloop recipe check layers/recipes/sentiment.py")
app.add_typer(recipes, name="recipe")

models = typer.Typer(help="Models of your own, of any library that exports ONNX.")
models.callback()(lambda: None)  # with one command alone, it would be the group itself
add(models, "import", model.import_model, "labelloop model import spam.onnx --labels ham,spam")
app.add_typer(models, name="model", no_args_is_help=True)
encoders = typer.Typer(no_args_is_help=True, help="Encoders of your own, for your language.")
add_plain(
    encoders,
    "add",
    encoder.add_encoder,
    "labelloop encoder add e5 --from hub:intfloat/multilingual-e5-small --prefix 'query: '",
)
add_plain(encoders, "try", encoder.try_encoder, "labelloop encoder try e5 export.json")
add_plain(encoders, "list", encoder.list_encoders, "labelloop encoder list")
add_plain(encoders, "remove", encoder.remove_encoder, "labelloop encoder remove e5")
app.add_typer(encoders, name="encoder")
