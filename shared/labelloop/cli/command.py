"""What all commands share: their options, and how they end."""

import inspect
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import LabelloopError

type Job = Callable[..., None]


def _common(
    url: Annotated[
        str,
        typer.Option(
            envvar="LABELLOOP_URL",
            help="Labelloop, as https://user:password@host",
            show_default=False,
        ),
    ],
    project: Annotated[
        str | None,
        typer.Option(
            "--project", "-p", help="number in Label Studio; not needed if there is only one"
        ),
    ] = None,
    label_studio: Annotated[
        str | None,
        typer.Option(
            envvar="LABEL_STUDIO_URL", help="its address; default: as the deployment is set"
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="LABEL_STUDIO_TOKEN", help="Label Studio's; prompted for if needed"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="one JSON object on stdout, and nothing else")
    ] = False,
) -> tuple[Session, Report]:
    """Return what a job works with."""
    return Session(url, project, label_studio, token, _ask_token), Report(as_json)


def command(app: typer.Typer, name: str) -> Callable[[Job], Job]:
    """Make a command of a job (session, report, options of its own): exit code 1 if it failed."""

    def register(job: Job) -> Job:
        shared = inspect.signature(_common).parameters
        own = list(inspect.signature(job).parameters.values())[2:]

        def run(**given: Any) -> None:
            session, report = _common(**{key: given.pop(key) for key in shared})
            end(report, lambda: job(session, report, **given))

        every = [
            one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared.values())
        ]
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in every}
        run.__doc__ = job.__doc__
        app.command(name)(run)
        return job

    return register


def end(report: Report, job: Callable[[], None]) -> None:
    """Do a job and end the program: exit code 1 if it failed."""
    try:
        job()
    except LabelloopError as exc:
        report.fail(str(exc), exc.fix)
    except KeyboardInterrupt:
        report.fail("interrupted")
    report.finish()
    raise typer.Exit(1 if report.failed else 0)


def end_with_version(is_wanted: bool) -> None:
    """Print the version and end, if that is what was wanted."""
    if is_wanted:
        typer.echo(f"labelloop {version('labelloop')}")
        raise typer.Exit


def _ask_token() -> str:
    """Ask a person for the token without showing it; nobody else can answer."""
    if not sys.stdin.isatty():
        return ""
    return str(typer.prompt("Label Studio token", hide_input=True, err=True))
