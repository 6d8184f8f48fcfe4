"""The command `labelloop tune`: its options, and what is published of what it makes."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from labelloop.adapters.sentence_transformers import Given
from labelloop.cli import aws
from labelloop.cli.added_encoder import Wanted, pool_of, put_encoder
from labelloop.cli.encoder import HUB, HubUrl
from labelloop.cli.encoder_source import Hub
from labelloop.cli.packages import ONNX, demand_packages, lacking
from labelloop.cli.report import Report
from labelloop.cli.session import Session


def tune(
    session: Session,
    report: Report,
    export: Annotated[Path, typer.Argument(help="an export in the format JSON")],
    label_config: Annotated[
        Path | None,
        typer.Option(
            "--label-config", "--config", help="a file with it; default: by the annotations"
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="the field that holds the text")] = "",
    choice: Annotated[str, typer.Option(help="the choice that is learnt")] = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="the project's encoder: a folder with model.safetensors, or hub:org/name; "
            "default: the built-in one",
            show_default=False,
        ),
    ] = "",
    out: Annotated[Path, typer.Option(help="the folder to write")] = Path("tuned-encoder"),
    anyway: Annotated[
        bool, typer.Option("--anyway", help="though it is not clearly better")
    ] = False,
    python: Annotated[
        str,
        typer.Option(
            "--python",
            help="a Python with torch, transformers and safetensors; default: one that is installed"
            " into ~/.cache/labelloop, once",
        ),
    ] = "",
    hub: HubUrl = HUB,
    hub_token: Annotated[
        str, typer.Option(envvar="HF_TOKEN", help="the hub's", show_default=False)
    ] = "",
) -> None:
    """Tune the encoder of texts to a project's labels, where that makes it clearly better.

    For choices by tone or opinion, which a general encoder hardly sees. It takes minutes of this
    machine, and ends with exit code 1 if it is not better. With --project the encoder is put into
    the stack's bucket, and the project is switched to it; that needs AWS rights. Labels of its
    random share are left out then, so that accuracy is measured as before. Without, two commands
    that publish and switch are shown.
    """
    demand_packages(*ONNX, "scipy", "sklearn")
    try:
        from labelloop.cli.tuning import tuned_encoder as tuning
    except ImportError as exc:
        raise lacking(exc.name) from None
    wishes = tuning.Tuning(
        export, label_config, text, choice, source, Hub(hub, hub_token), python, anyway
    )
    if session.project_option is not None:  # what it needs is found out before minutes of work
        stack = session.stack or "labelloop"
        with aws.errors_explained(stack, f"labelloop tune {export} --stack {stack}"):
            pool = pool_of(session.key, aws.bucket(stack))
        key, config = session.key, pool.label_config
        wishes = replace(wishes, project=key, pool=pool.tasks, project_config=config)
    tuning.demand_free(out)
    tuning.tuned_encoder(wishes, out, report)
    _publish(session, out, report)


def _publish(session: Session, folder: Path, report: Report) -> None:
    """Put the encoder into the bucket and switch the project, or say how to."""
    digest = sha256((folder / "model.onnx").read_bytes()).hexdigest()[:8]
    name = f"tuned-{digest}"
    report.data["name"] = name
    if session.project_option is None:
        report.say(f"To publish it: labelloop encoder add {name} --from {folder} --project 38")
        report.say(f"To switch to it: labelloop options --project 38 --encoder {name}")
        return
    stack = session.stack or "labelloop"
    with aws.errors_explained(stack, f"labelloop encoder add {name} --from {folder}"):
        put_encoder(Wanted(name, str(folder), Given(), Hub(HUB), session.key), stack, report)
    session.backend.put("/options", project=session.key, encoder=name)
    report.data |= {"project": session.key, "encoder": name}
    report.say(f"project {session.key} is switched to it once a version beside it is trained")
