"""Open a project's page in the browser."""

import webbrowser
from typing import Annotated

import typer

from labelloop.cli.report import Report
from labelloop.cli.session import Session


def open_page(
    session: Session,
    report: Report,
    number: Annotated[
        str | None, typer.Argument(metavar="[PROJECT]", help="number in Label Studio, or --project")
    ] = None,
    prints: Annotated[bool, typer.Option("--print", help="print the address alone")] = False,
) -> None:
    """Open a project's page in the browser; the overview if there are several projects."""
    address = page_of(session, number)
    report.data["url"] = address
    report.say(address)
    if not prints and not report.as_json and not webbrowser.open(address):
        report.errors.print("no browser could be started: open the address yourself")


def page_of(session: Session, number: str | None) -> str:
    """Return the address of a project's page, without credentials: the page asks for them."""
    session.project_option = number or session.project_option
    url = session.backend.address.url
    if session.project_option is None:
        keys = session.backend.get("/projects")["projects"]
        return f"{url}/ui/projects/{keys[0]}" if len(keys) == 1 else f"{url}/ui"
    return f"{url}/ui/projects/{session.key}"
