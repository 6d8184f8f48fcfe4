"""What all commands share: options, and the end of the program."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Any

import typer

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import LabelloopError

type Job = Callable[..., None]
Stack = Annotated[str, typer.Option(envvar="LABELLOOP_STACK", help="the CloudFormation stack")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, and nothing else")]


def _common(
    url: Annotated[
        str,
        typer.Option(
            envvar="LABELLOOP_URL",
            help="Labelloop, as https://user:password@host",
            show_default=False,
        ),
    ] = "",
    stack: Annotated[
        str,
        typer.Option(
            envvar="LABELLOOP_STACK",
            help="in place of --url: the stack, whose URL and password your AWS rights look up",
            show_default=False,
        ),
    ] = "",
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
    as_json: AsJson = False,
) -> tuple[Session, Report]:
    """Return the session and the report for a job."""
    return Session(url, project, label_studio, token, _ask_token, stack), Report(as_json)


def add(app: typer.Typer, name: str, job: Job, example: str) -> None:
    """Add a job as a command: its docstring is the help, its parameters are the options.

    A job takes a session, a report, and its own options; the shared options are listed after those.
    """
    shared = inspect.signature(_common).parameters
    own = list(inspect.signature(job).parameters.values())[2:]

    def run(context: typer.Context, **values: Any) -> None:
        if _is_typed(context, "stack") and not _is_typed(context, "url"):
            values["url"] = ""  # which was exported, perhaps for another deployment
        session, report = _common(**{key: values.pop(key) for key in shared})
        with ended(report):
            job(session, report, **values)

    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    options = [
        option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for option in (context, *own, *shared.values())
    ]
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in options}
    run.__doc__ = job.__doc__
    add_plain(app, name, run, example)


def _is_typed(context: typer.Context, option: str) -> bool:
    """Say whether an option was given on the command line, not by a variable or a default."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def add_plain(app: typer.Typer, name: str, command: Job, example: str) -> None:
    """Add a command that needs no session; its help ends with an example."""
    app.command(name, epilog=f"Example: {example}")(command)


@contextmanager
def ended(report: Report) -> Iterator[Report]:
    """Run the block, then end the program: exit code 1 if it failed."""
    try:
        yield report
    except LabelloopError as exc:
        report.fail(str(exc), exc.fix)
    except KeyboardInterrupt:
        report.fail("interrupted")
    report.finish()
    raise typer.Exit(1 if report.failed else 0)


def end_with_version(is_wanted: bool) -> None:
    """Print the version and end the program, if `is_wanted`."""
    if is_wanted:
        typer.echo(f"labelloop {version('labelloop')}")
        raise typer.Exit


def _ask_token() -> str:
    """Prompt for the token without showing it; empty if stdin is no terminal."""
    if not sys.stdin.isatty():
        return ""
    return str(typer.prompt("Label Studio token", hide_input=True, err=True))
