"""The command `labelloop backtest`: its options. `replay` does the work, if its packages exist."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labelloop.cli.command import AsJson, ended
from labelloop.cli.packages import lacking
from labelloop.cli.replay_options import ReplayOptions
from labelloop.cli.report import Report


def backtest(
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
    label_config: Annotated[
        Path | None,
        typer.Option(
            "--label-config",
            help="a file with the project's label config; needed for all but a single choice about"
            " a text, as an export does not say what it is about",
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe", help="a recipe of your own to replay with: a file, a package's folder"
        ),
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
    image_encoder: Annotated[
        str,
        typer.Option(
            help="the same for images; those that the tasks hold themselves (data:) are read"
        ),
    ] = "",
    fetch_hosts: Annotated[
        str,
        typer.Option(
            help="hosts that images and texts may be fetched from over https, parted by commas"
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
    as_json: AsJson = False,
) -> None:
    """Replay a finished project: what each strategy would have saved. Needs no deployment."""
    options = ReplayOptions(
        export=export,
        text=text,
        choice=choice,
        label_config=label_config,
        recipe=recipe,
        strategies=tuple(strategy or ()),
        encoder=encoder,
        image_encoder=image_encoder,
        fetch_hosts=fetch_hosts,
        picture=picture,
        seeds=seeds,
        labels=labels,
        jobs=jobs,
    )
    with ended(Report(as_json)) as report:
        try:
            from labelloop.cli.replay import replay
        except ImportError as exc:
            raise lacking(exc.name) from None
        replay(options, report)
