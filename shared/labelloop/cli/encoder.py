"""The commands of encoders of one's own: `labelloop encoder add`, `list`, `remove`, `try`."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from labelloop.adapters.image_encoder_files import is_of_images
from labelloop.adapters.sentence_transformers import Given
from labelloop.cli import aws
from labelloop.cli.added_encoder import Wanted, encoders_of, languages_in_words, put_encoder
from labelloop.cli.check_encoder import demand_name
from labelloop.cli.command import AsJson, Stack, ended
from labelloop.cli.encoder_bucket import BucketEncoders
from labelloop.cli.encoder_source import Hub
from labelloop.cli.packages import ONNX, demand_packages, lacking
from labelloop.cli.report import Report
from labelloop.errors import Rejected

Source = Annotated[
    str,
    typer.Option(
        "--from", help="a folder, or hub:org/name, or hub:org/name@revision", show_default=False
    ),
]
HubUrl = Annotated[
    str, typer.Option("--hub", envvar="HF_ENDPOINT", help="where hub: models are downloaded from")
]
Token = Annotated[
    str, typer.Option("--token", envvar="HF_TOKEN", help="the hub's", show_default=False)
]
Force = Annotated[
    bool, typer.Option("--force", help="though the ten sentences show no sense in its vectors")
]
HUB: Final = "https://huggingface.co"


def add_encoder(
    name: Annotated[str, typer.Argument(help="lower-case letters, digits, . _ -")],
    source: Source,
    model: Annotated[
        str, typer.Option(help="the ONNX file; default: a quantised one that fits")
    ] = "",
    pooling: Annotated[
        str, typer.Option(help="mean, cls or pooled; default: as its files say")
    ] = "",
    prefix: Annotated[
        str | None,
        typer.Option(help="put before each text, such as 'query: '; default: as its files say"),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=3, max=512, help="tokens that are read; default: as its files say"),
    ] = None,
    output: Annotated[str, typer.Option(help="the graph's output that is read")] = "",
    project: Annotated[
        str, typer.Option("--project", "-p", help="say what encoding its pool costs")
    ] = "",
    force: Force = False,
    hub: HubUrl = HUB,
    token: Token = "",
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Check an encoder of texts, and put it into the stack's bucket. Needs AWS rights."""
    command = f"labelloop encoder add {name} --from {source} --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        demand_name(name)
        demand_packages(*ONNX)
        given = Given(model, _pooling(pooling), prefix, max_tokens, output)
        wanted = Wanted(name, source, given, Hub(hub, token), project, is_forced=force)
        put_encoder(wanted, stack, report)
        whose = project or "38"
        report.say(f"For one project: labelloop options --project {whose} --encoder {name}")
        report.say(f"For all projects: sam deploy, with the parameter Encoder={name}")


def _pooling(named: str) -> str:
    if named not in ("", "mean", "cls", "pooled"):
        raise Rejected(f"--pooling {named}: expected mean, cls or pooled")
    return named


def list_encoders(stack: Stack = "labelloop", as_json: AsJson = False) -> None:
    """List the encoders in the stack's bucket, and who uses them. Needs AWS rights."""
    command = f"labelloop encoder list --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        encoders = encoders_of(stack)
        rows = [_row(name, encoders) for name in encoders.names()]
        report.data["encoders"] = rows
        table = Table("name", "sees", "dimensions", "languages", "licence", "used by", box=None)
        for row in rows:
            users = (
                f"{row['used_by'][0]}{' ...' if row['used_by'][1:] else ''}"
                if row["used_by"]
                else ""
            )
            cells = row["name"], row["sees"], str(row["dimensions"] or ""), row["licence"], users
            languages = languages_in_words(tuple(row["languages"]))
            table.add_row(*map(escape, (*cells[:3], languages, *cells[3:])))
        report.console.print(table if rows else "no encoder in the bucket")


def _row(name: str, encoders: BucketEncoders) -> dict[str, Any]:
    known = encoders.described(name)
    sees = "images" if is_of_images(known) else "texts" if known else "nothing: not whole"
    return {
        "name": name,
        "sees": sees,
        "dimensions": known.get("dimensions"),
        "languages": [str(one) for one in known.get("languages") or []],
        "licence": str(known.get("licence") or ""),
        "used_by": list(encoders.users(name)),
    }


def remove_encoder(
    name: Annotated[str, typer.Argument(help="as `labelloop encoder list` shows it")],
    force: Annotated[
        bool, typer.Option("--force", help="though versions, none of them served, need it")
    ] = False,
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Delete an encoder from the stack's bucket, unless something uses it. Needs AWS rights."""
    command = f"labelloop encoder remove {name} --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        removed = encoders_of(stack).remove(name, is_forced=force)
        report.data |= {"name": name} | asdict(removed)
        report.say(f"{name} is deleted, {removed.files} files")
        for version in removed.versions:
            report.say(f"{version} can't be activated any more")


def try_encoder(
    encoder: Annotated[str, typer.Argument(help="a name in the bucket, a folder, or hub:org/name")],
    export: Annotated[Path, typer.Argument(help="an export in the format JSON")],
    text: Annotated[str, typer.Option(help="the field that holds the text")] = "",
    choice: Annotated[str, typer.Option(help="the choice to predict")] = "",
    label_config: Annotated[
        Path | None,
        typer.Option(
            "--label-config",
            help="a file with the project's label config; needed for all but a single choice",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=50, help="runs beside each encoder")] = 3,
    labels: Annotated[int, typer.Option(min=20, help="most labels of a run")] = 200,
    jobs: Annotated[int, typer.Option(min=1, help="runs at a time")] = os.cpu_count() or 1,
    model: Annotated[str, typer.Option(help="the ONNX file, as for `encoder add`")] = "",
    pooling: Annotated[str, typer.Option(help="mean, cls or pooled")] = "",
    prefix: Annotated[str | None, typer.Option(help="put before each text")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=3, max=512, help="that are read")] = None,
    force: Force = False,
    hub: HubUrl = HUB,
    token: Token = "",
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Say by a finished project what an encoder would have saved. Needs no deployment."""
    with ended(Report(as_json)) as report:
        demand_packages(*ONNX)
        given = Given(model, _pooling(pooling), prefix, max_tokens)
        try:
            from labelloop.cli import try_encoder as trial
        except ImportError as exc:
            raise lacking(exc.name) from None
        options = trial.Trial(
            encoder=encoder,
            export=export,
            text=text,
            choice=choice,
            label_config=label_config,
            seeds=seeds,
            labels=labels,
            jobs=jobs,
            given=given,
            is_forced=force,
            hub=Hub(hub, token),
            stack=stack,
        )
        trial.try_encoder(options, report)
