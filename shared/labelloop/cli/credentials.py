"""The credentials for Label Studio, to connect a project by hand, and those to read the pages."""

from rich.table import Table

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import BadSettings, NotFound
from labelloop.web.credentials import API_KEY_HEADER


def show_credentials(session: Session, report: Report) -> None:
    """Print the credentials that `connect` sets, to enter by hand, and those to read the pages."""
    address = session.backend.address
    session.backend.get("/projects")  # the error says if credentials are wrong
    calls = address.for_ml_calls
    rows = {
        "ML backend": calls.url,
        "user": calls.user,
        "password": calls.password,
        "webhook": address.webhook,
    }
    try:
        events = address.for_events(session.key)
        rows[API_KEY_HEADER.title()] = f"{events.user}:{events.password}"
    except (BadSettings, NotFound) as exc:
        report.errors.print(f"no header for the webhook: {exc}; {exc.fix}", markup=False)
    viewing = address.for_viewing
    rows |= {
        "pages, to read": viewing.url,
        "their user": viewing.user,
        "their password": viewing.password,
    }
    report.data |= rows
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", value)
    report.console.print(table, soft_wrap=True)
